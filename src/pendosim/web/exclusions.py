"""The exclude list and the servers: read only, as in Pendo."""

from pendosim.errors import Refused
from pendosim.values import Row
from pendosim.web.call import Call, Reply, Route, json_reply, route
from pendosim.world.exclusions import EXCLUDED_TYPES, exclude_list, servers


def _excluded(call: Call) -> Reply:
    return json_reply(exclude_list(call.world.options.seed))


def _excluded_of_type(call: Call) -> Reply:
    wanted = call.names["type"]
    if wanted not in EXCLUDED_TYPES:
        raise Refused(f"type {wanted[:60]!r} is unknown; wanted one of {', '.join(EXCLUDED_TYPES)}")
    found = [one for one in exclude_list(call.world.options.seed) if one["type"] == wanted]
    return json_reply({"hasMore": False, "results": found})


def _servers(call: Call) -> Reply:
    return json_reply(_known(call))


def _known(call: Call) -> list[Row]:
    return servers(call.world.apps, call.world.options.seed)


def _server(call: Call) -> Reply:
    found = next((one for one in _known(call) if one["name"] == call.names["name"]), None)
    if found is None:
        raise Refused("server not found", status=404)
    return json_reply(found)


def _servers_with_flag(call: Call) -> Reply:
    return json_reply([one for one in _known(call) if call.names["flag"] in one["flags"]])


ROUTES: tuple[Route, ...] = (
    route("GET", "/api/v1/blacklist", _excluded),
    route("GET", "/api/v1/blacklist/type/{type}", _excluded_of_type),
    route("GET", "/api/v1/servername", _servers),
    route("GET", "/api/v1/servername/{name}", _server),
    route("GET", "/api/v1/servername/flag/{flag}", _servers_with_flag),
)
