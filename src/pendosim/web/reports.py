"""Reports: the list, and the rows of those on visitors and accounts."""

from pendosim.aggregation.answer import csv_of
from pendosim.aggregation.pipeline import pipeline_of
from pendosim.errors import Refused
from pendosim.values import Row
from pendosim.web.call import Call, Reply, Route, json_reply, route
from pendosim.world.reports import WITH_ROWS


def _listed(call: Call) -> Reply:
    return json_reply(_shared(call))


def _shared(call: Call) -> list[Row]:
    return [report for report in call.world.reports if report["shared"]]


def _results(call: Call) -> tuple[list[Row], list[str]]:
    """Find rows and the names of their columns."""
    wanted = call.entity_id("id")
    report = next((one for one in _shared(call) if one["id"] == wanted), None)
    if report is None:
        raise Refused("report not found", status=404)
    if report["target"] not in WITH_ROWS:
        raise Refused(f"a {report['target']} report has no results to export; visitor and account reports have")
    of = report["aggregation"]
    rows = list(pipeline_of(of["pipeline"], call.world, call.world.environment()).rows())
    return rows, [field["field"] for field in of["fields"]]


def _json(call: Call) -> Reply:
    return json_reply(_results(call)[0])


def _csv(call: Call) -> Reply:
    return Reply(content_type="text/csv", pieces=csv_of(*_results(call)))


ROUTES: tuple[Route, ...] = (
    route("GET", "/api/v1/report", _listed),
    route("GET", "/api/v1/report/{id}/results.json", _json),
    route("GET", "/api/v1/report/{id}/results.csv", _csv),
)
