"""The GET lists of pages, features and track types (bare arrays), and how their parameters choose."""

from collections.abc import Iterable

from pendosim.errors import Refused
from pendosim.values import Row
from pendosim.web.call import Call, Reply, Route, json_reply, route
from pendosim.world.definitions import in_apps
from pendosim.world.ids import DEFAULT_APP_ID


def asked_for(call: Call, objects: Iterable[Row]) -> list[Row]:
    """Keep the default application's unless `appId` or `expand=*` says otherwise; then those that `id` names."""
    found = list(in_apps(list(objects), _app_ids(call)))
    if "id" in call.query:
        wanted = set(call.query["id"].split(","))
        found = [one for one in found if one["id"] in wanted]
    return found


def _app_ids(call: Call) -> tuple[int, ...] | None:
    if "appId" in call.query:
        return (app_id(call),)
    return None if call.query.get("expand") == "*" else (DEFAULT_APP_ID,)


def app_id(call: Call) -> int:
    """Read the application asked for; the default one unless told otherwise."""
    try:
        return int(call.query.get("appId", DEFAULT_APP_ID))
    except ValueError as bad:
        raise Refused("appId is not a number") from bad


def _pages(call: Call) -> Reply:
    return json_reply(asked_for(call, call.world.definitions.pages))


def _features(call: Call) -> Reply:
    return json_reply(asked_for(call, call.world.definitions.features))


def _track_types(call: Call) -> Reply:
    return json_reply(asked_for(call, call.world.definitions.track_types))


ROUTES: tuple[Route, ...] = (
    route("GET", "/api/v1/page", _pages),
    route("GET", "/api/v1/feature", _features),
    route("GET", "/api/v1/tracktype", _track_types),
)
