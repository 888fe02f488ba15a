"""Segments: read, create, replace, change members, delete, export members."""

from typing import Any

from pendosim.aggregation.answer import csv_of
from pendosim.aggregation.pipeline import pipeline_of
from pendosim.errors import Refused
from pendosim.values import Row
from pendosim.web.call import Call, Reply, Route, json_reply, route, text_reply
from pendosim.web.fields import fields_of, text_of, texts, texts_of

OPERATIONS_MAX = 10
IDS_MAX = 1000
_MESSAGES = {"add": "Error adding visitor to segment", "remove": "Error removing visitor from segment"}


def _listed(call: Call) -> Reply:
    only_api = call.query.get("createdByApi") == "true"
    return json_reply([one for one in call.world.memberships.listed() if one["createdByApi"] or not only_api])


def _segment(call: Call) -> Reply:
    return json_reply(call.world.memberships.find(call.entity_id("id")))


def _status(call: Call) -> Reply:
    return json_reply(call.world.memberships.status(call.entity_id("id")))


def _upload(call: Call) -> Reply:
    fields = fields_of(call, "name", "visitors")
    name, visitors = text_of(fields, "name"), texts_of(fields, "visitors")
    if not visitors:
        raise Refused("visitors holds at least one id")
    return json_reply({"segmentId": call.world.memberships.create(name, visitors)})


def _replace(call: Call) -> Reply:
    fields = fields_of(call, "name", "visitors")
    if not fields:
        raise Refused("the body has a name, visitors or both")
    name = text_of(fields, "name") if "name" in fields else None
    visitors = texts_of(fields, "visitors") if "visitors" in fields else None
    call.world.memberships.replace(call.entity_id("id"), name, visitors)
    return text_reply(200, "")


def _delete(call: Call) -> Reply:
    call.world.memberships.delete(call.entity_id("id"))
    return text_reply(200, "")


def _add_one(call: Call) -> Reply:
    return _one(call, "add")


def _remove_one(call: Call) -> Reply:
    return _one(call, "remove")


def _one(call: Call, verb: str) -> Reply:
    call.world.memberships.change(call.entity_id("id"), [(verb, [call.entity_id("visitor")])])
    return text_reply(200, "")


def _patch(call: Call) -> Reply:
    """Answer each operation by itself: one that is wrong fails alone, the status stays 200."""
    operations = fields_of(call, "patch").get("patch")
    if not isinstance(operations, list) or not operations or not all(isinstance(one, dict) for one in operations):
        raise Refused("patch is a list of operations, each with op, path and value")
    _within_limits(operations)
    judged = [(operation, _change(operation)) for operation in operations]
    call.world.memberships.change(call.entity_id("id"), [change for _, change in judged if change])
    return json_reply({"multistatus": [_verdict(operation, done=change is not None) for operation, change in judged]})


def _within_limits(operations: list[Row]) -> None:
    ids = sum(len(one["value"]) for one in operations if isinstance(one.get("value"), list))
    if len(operations) > OPERATIONS_MAX or ids > IDS_MAX:
        raise Refused(
            f"patch holds at most {OPERATIONS_MAX} operations and {IDS_MAX} visitor ids;"
            f" found {len(operations)} and {ids}"
        )


def _change(operation: Row) -> tuple[str, list[str]] | None:
    verb, visitors = _verb(operation), texts(operation.get("value"))
    if verb not in _MESSAGES or operation.get("path") != "/visitors" or not visitors:
        return None
    return verb, visitors


def _verb(operation: Row) -> str:
    return str(operation.get("op"))[:60]


def _verdict(operation: Row, *, done: bool) -> Row:
    verb = _verb(operation)
    message = "success" if done else _MESSAGES.get(verb, "Unknown operation")
    return {"status": 200 if done else 400, "message": message, "operation": verb}


def _export(call: Call) -> Reply:
    world, wanted = call.world, call.entity_id("id")
    world.memberships.find(wanted)
    stages: list[Any] = [{"source": {"visitors": None}}, {"segment": {"id": wanted}}]
    stages += [{"select": {"visitorId": "visitorId"}}, {"sort": ["visitorId"]}]
    members = [str(row["visitorId"]) for row in pipeline_of(stages, world, world.environment()).rows()]
    return json_reply({"jobId": world.member_exports.begin(wanted, members)})


def _export_status(call: Call) -> Reply:
    found = call.world.member_exports.members(call.entity_id("id"), call.names["job"])
    return json_reply("pending" if found is None else "complete")


def _export_results(call: Call) -> Reply:
    found = call.world.member_exports.members(call.entity_id("id"), call.names["job"])
    if call.names["type"] != "csv":
        raise Refused(f"content type {call.names['type'][:60]!r} is unknown; wanted csv")
    if found is None:
        raise Refused("the export is not complete", status=409)
    rows = [{"visitorId": name} for name in found]
    return Reply(content_type="text/csv", pieces=csv_of(rows, ("visitorId",)))


_ONE = "/api/v1/segment/{id}"
ROUTES: tuple[Route, ...] = (
    route("GET", "/api/v1/segment", _listed),
    route("GET", _ONE, _segment),
    route("POST", "/api/v1/segment/upload", _upload, write=True),
    route("GET", f"{_ONE}/status", _status),
    route("PUT", _ONE, _replace, write=True),
    route("DELETE", _ONE, _delete, write=True),
    route("PUT", f"{_ONE}/visitor/{{visitor}}", _add_one, write=True),
    route("DELETE", f"{_ONE}/visitor/{{visitor}}", _remove_one, write=True),
    route("PATCH", f"{_ONE}/visitor", _patch, write=True),
    route("POST", f"{_ONE}/visitors", _export),
    route("GET", f"{_ONE}/visitors/{{job}}/status", _export_status),
    route("GET", f"{_ONE}/visitors/{{job}}/results/{{type}}", _export_results),
)
