"""The six GET lists (bare arrays), single objects, reports, metadata schemas, token/verify."""

from collections.abc import Callable

from pendosim.aggregation.answer import csv_of
from pendosim.aggregation.pipeline import pipeline_of
from pendosim.aggregation.selection import whole
from pendosim.errors import Refused
from pendosim.values import Row
from pendosim.web.call import Call, Reply, Route, json_reply, route
from pendosim.world.definitions import DAY_MS, in_apps
from pendosim.world.ids import DEFAULT_APP_ID
from pendosim.world.world import World

HISTORY_DAYS = 180
_TIME_DIGITS = 14

Listed = Callable[[World], list[Row]]


def _verify(call: Call) -> Reply:
    return json_reply({"valid": True, "writeAccess": call.key is not None and call.key.write})


def _by_app(listed: Listed) -> Callable[[Call], Reply]:
    """Show the default application unless `appId` or `expand=*` says otherwise; ignore other parameters."""

    def handler(call: Call) -> Reply:
        found = list(in_apps(listed(call.world), _app_ids(call)))
        if "id" in call.query:
            wanted = call.query["id"].split(",")
            found = [one for one in found if one["id"] in wanted]
        return json_reply(found)

    return handler


def _app_ids(call: Call) -> tuple[int, ...] | None:
    if "appId" in call.query:
        try:
            return (int(call.query["appId"]),)
        except ValueError as bad:
            raise Refused("appId is not a number") from bad
    return None if call.query.get("expand") == "*" else (DEFAULT_APP_ID,)


def _reports(call: Call) -> Reply:
    return json_reply([report for report in call.world.reports if report["shared"]])


def _segments(call: Call) -> Reply:
    only_api = call.query.get("createdByApi") == "true"
    shared = [segment for segment in call.world.segments if segment["shared"]]
    return json_reply([segment for segment in shared if segment["createdByApi"] or not only_api])


def _segment(call: Call) -> Reply:
    return json_reply(_one(call.world.segments, call.entity_id("id"), "segment"))


def _one(objects: list[Row], wanted: str, kind: str) -> Row:
    found = next((one for one in objects if one["id"] == wanted), None)
    if found is None:
        raise Refused(f"{kind} not found", status=404)
    return found


def _report_rows(call: Call) -> list[Row]:
    report = _one(call.world.reports, call.entity_id("id"), "report")
    stages = report["aggregation"]["pipeline"]
    return list(pipeline_of(stages, call.world, call.world.environment()).rows())


def _report_json(call: Call) -> Reply:
    return json_reply(_report_rows(call))


def _report_csv(call: Call) -> Reply:
    return Reply(content_type="text/csv", pieces=csv_of(_report_rows(call)))


def _visitor(call: Call) -> Reply:
    return json_reply(_visitor_object(_entity(call, "visitor")))


def _visitor_object(row: Row) -> Row:
    accounts = row["metadata"].get("auto", {}).get("accountids", [])
    return {
        "id": row["visitorId"],
        "accountIds": accounts,
        "lastStartTime": 0,
        "account": {"id": ""},
        "metadata": _with_identified_visit(row["metadata"]),
    }


def _history(call: Call) -> Reply:
    """Timeline of one day; 422 without a start time, nothing from before about 180 days."""
    visitor = _entity(call, "visitor")["visitorId"]
    start = call.query.get("starttime", "")
    if not start.isdecimal() or len(start) > _TIME_DIGITS:
        raise Refused("starttime is a time in milliseconds", status=422)
    if int(start) < call.world.clock.now() - HISTORY_DAYS * DAY_MS:
        return json_reply([])
    return json_reply(list(call.world.history(visitor, int(start))))


def _visitors_by_metadata(call: Call) -> Reply:
    """Undocumented but used by Pendo's own Zendesk application; `_lc_` before a field ignores capitals."""
    group, field, wanted = (call.names[name] for name in ("group", "field", "value"))
    plain = field.removeprefix("_lc_")
    found = []
    for row in whole(call.world.visitors()):
        value = row["metadata"].get(group, {}).get(plain)
        if isinstance(value, str) and wanted == (value.lower() if plain != field else value):
            found.append(_visitor_object(row))
    return json_reply(found)


def _with_identified_visit(metadata: Row) -> Row:
    """`firstidentifiedvisit` is only shown here, never by aggregation."""
    if "auto" not in metadata:
        return metadata
    return metadata | {"auto": metadata["auto"] | {"firstidentifiedvisit": metadata["auto"]["firstvisit"]}}


def _account(call: Call) -> Reply:
    row = _entity(call, "account")
    return json_reply({"id": row["accountId"], "metadata": row["metadata"]})


def _entity(call: Call, kind: str) -> Row:
    """As it is now: what was written shows here at once."""
    with call.world.present() as state:
        row = state.entities[kind].row(call.entity_id("id"))
    if row is None:
        raise Refused("not found", status=404)
    return row


ROUTES: tuple[Route, ...] = (
    route("GET", "/api/v1/token/verify", _verify),
    route("GET", "/api/v1/page", _by_app(lambda world: world.definitions.pages)),
    route("GET", "/api/v1/feature", _by_app(lambda world: world.definitions.features)),
    route("GET", "/api/v1/tracktype", _by_app(lambda world: world.definitions.track_types)),
    route("GET", "/api/v1/guide", _by_app(lambda world: world.guides)),
    route("GET", "/api/v1/report", _reports),
    route("GET", "/api/v1/report/{id}/results.json", _report_json),
    route("GET", "/api/v1/report/{id}/results.csv", _report_csv),
    route("GET", "/api/v1/segment", _segments),
    route("GET", "/api/v1/segment/{id}", _segment),
    route("GET", "/api/v1/visitor/{id}", _visitor),
    route("GET", "/api/v1/visitor/{id}/history", _history),
    route("GET", "/api/v1/visitor/metadata/{group}/{field}/{value}", _visitors_by_metadata),
    route("GET", "/api/v1/account/{id}", _account),
)
