"""Bulk deletion: requests, what is outstanding, receipts."""

from collections.abc import Callable

from pendosim.errors import Refused
from pendosim.values import Row
from pendosim.web.call import Call, Reply, Route, json_reply, route
from pendosim.web.fields import fields_of

IDS_MAX = 500


def _begin(kind: str) -> Callable[[Call], Reply]:
    def handler(call: Call) -> Reply:
        ids = _ids(fields_of(call, f"{kind}s"), f"{kind}s")
        with call.world.present() as state:
            return json_reply(state.erasures.begin(kind, ids))

    return handler


def _ids(body: Row, name: str) -> list[str]:
    ids = body.get(name)
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) and one for one in ids):
        raise Refused(f'the body is {{"{name}": [id, ...]}}, with ids that are strings')
    if len(ids) > IDS_MAX:
        raise Refused(f"{name} holds {len(ids)} ids; wanted at most {IDS_MAX}")
    return ids


def _outstanding(call: Call) -> Reply:
    with call.world.present() as state:
        return json_reply(state.erasures.outstanding())


def _receipt(call: Call) -> Reply:
    with call.world.present() as state:
        found = state.erasures.receipt(call.names["id"])
    if found is None:
        raise Refused("erasure request not found", status=404)
    return json_reply(found)


ROUTES: tuple[Route, ...] = (
    route("POST", "/api/v1/bulkdelete/visitor", _begin("visitor"), write=True),
    route("POST", "/api/v1/bulkdelete/account", _begin("account"), write=True),
    route("GET", "/api/v1/bulkdelete", _outstanding),
    route("GET", "/api/v1/bulkdelete/{id}", _receipt),
)
