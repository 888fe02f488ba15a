"""Events that come late, and buckets that are restated: what Pendo does to windows already read."""

from collections.abc import Iterable
from typing import Any

from pendosim.values import is_number
from pendosim.world.activity import FEATURE, OTHER, PAGE, TRACK
from pendosim.world.definitions import DAY_MS
from pendosim.world.ids import DEFAULT_APP_ID
from pendosim.world.live import RESTATED_MAX, SentEvent
from pendosim.world.world import World

KINDS = {"page": PAGE, "feature": FEATURE, "track": TRACK, "other": OTHER}
OLDEST_MS = 3650 * DAY_MS
_TEXTS = ("visitorId", "accountId", "item", "ip", "userAgent")


def add_events(world: World, events: Iterable[dict[str, Any]], at: int | None = None) -> int:
    """Let single events of whatever age show from `at` on (ms; now unless given), and count them.

    Each has `kind` (page, feature, track or other), `visitorId` and `time` (ms); perhaps `accountId`, `appId`, `item`
    (id of the page or feature, name of the track event), `properties`, `ip`, `userAgent`. Raises ValueError; then none
    is added.
    """
    moment = _moment(world, at)
    wanted = [_event(world, one, moment) for one in events]
    world.add_events(wanted, moment)
    return len(wanted)


def restate(world: World, since: int, until: int, events: int, at: int | None = None) -> None:
    """Let the window hold so many events more (fewer: below 0) from `at` on, copies of those that are there.

    `since` and `until` (not included) in milliseconds. Raises ValueError.
    """
    for name, value in (("since", since), ("until", until), ("events", events)):
        if not _is_whole(value):
            raise ValueError(f"{name} is a whole number")
    if since >= until or not 0 < abs(events) <= RESTATED_MAX:
        raise ValueError(f"since is before until, and events is a number from 1 to {RESTATED_MAX}, or as many below 0")
    world.restate(since, until, events, _moment(world, at))


def _moment(world: World, at: int | None) -> int:
    if at is not None and not _is_whole(at):
        raise ValueError("at is a moment in milliseconds since the epoch")
    return world.clock.now() if at is None else at


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _event(world: World, given: object, moment: int) -> SentEvent:
    if not isinstance(given, dict) or str(given.get("kind")) not in KINDS:
        raise ValueError(f"an event is an object with kind ({', '.join(KINDS)}), visitorId and time")
    texts = {name: given.get(name, "") for name in _TEXTS}
    wrong = [name for name, value in texts.items() if not isinstance(value, str)]
    properties = given.get("properties", {})
    if wrong or not texts["visitorId"] or not isinstance(properties, dict):
        raise ValueError(f"{(wrong or ['visitorId or properties'])[0]} of an event is missing or of the wrong type")
    time: Any = given.get("time")
    if not is_number(time) or not moment - OLDEST_MS <= time <= moment:
        raise ValueError("time of an event is at most ten years before the moment it shows, in milliseconds")
    app_id = given.get("appId", DEFAULT_APP_ID)
    if not _is_whole(app_id) or app_id not in world.app_places:
        raise ValueError(f"there is no application {str(app_id)[:40]}")
    return SentEvent(
        kind=KINDS[given["kind"]],
        item=_item(world, given["kind"], texts["item"], app_id),
        visitor_id=texts["visitorId"],
        account_id=texts["accountId"],
        time=int(time),
        app=world.app_places[app_id],
        properties=properties,
        ip=texts["ip"],
        user_agent=texts["userAgent"],
    )


def _item(world: World, kind: str, given: str, app_id: int) -> str:
    if kind == "other":
        return ""
    if kind == "track":
        if not given:
            raise ValueError("item of a track event is its name")
        return given
    of = world.definitions
    ids = [one["id"] for one in (of.pages if kind == "page" else of.features) if one["appId"] == app_id]
    if given and given not in ids:
        raise ValueError(f"application {app_id} has no {kind} {given[:60]!r}")
    return given or ids[0]
