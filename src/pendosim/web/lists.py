"""Single visitors and accounts, metadata schemas, token/verify."""

from pendosim.aggregation.selection import whole
from pendosim.errors import Refused
from pendosim.values import Row
from pendosim.web.call import Call, Reply, Route, json_reply, route
from pendosim.world.definitions import DAY_MS

HISTORY_DAYS = 180
_TIME_DIGITS = 14


def _verify(call: Call) -> Reply:
    return json_reply({"valid": True, "writeAccess": call.key is not None and call.key.write})


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
    route("GET", "/api/v1/visitor/{id}", _visitor),
    route("GET", "/api/v1/visitor/{id}/history", _history),
    route("GET", "/api/v1/visitor/metadata/{group}/{field}/{value}", _visitors_by_metadata),
    route("GET", "/api/v1/account/{id}", _account),
)
