"""POST /data/track and POST /data/agentic: one event each, accepted with 200 and an empty body."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pendosim.errors import Refused
from pendosim.keys import Keys
from pendosim.values import is_number
from pendosim.web.call import Call, Reply, text_reply
from pendosim.world.activity import TRACK
from pendosim.world.conversations import KINDS, Conversation
from pendosim.world.live import SentEvent

TRACK_PATH = "/data/track"
AGENTIC_PATH = "/data/agentic"
_REQUIRED = ("type", "event", "visitorId", "timestamp")
_AGENTIC_REQUIRED = ("type", "visitor_id", "timestamp")
_TIME_MAX = 2**53
_TIME_DIGITS = 17

Event = SentEvent | Conversation


def track(call: Call, keys: Keys, given: str) -> Reply:
    """Credential first, then method, then body."""
    return _received(call, keys.app_of(given), _event)


def agentic(call: Call, keys: Keys, given: str) -> Reply:
    return _received(call, keys.app_of(given), _conversation)


INGEST: dict[str, Callable[[Call, Keys, str], Reply]] = {TRACK_PATH: track, AGENTIC_PATH: agentic}


def _received(call: Call, app_id: int | None, event_of: Callable[[Any, int, int], Event]) -> Reply:
    if app_id is None:
        return text_reply(403, "")
    if call.method != "POST":
        return text_reply(404, "not found")
    call.world.receive(event_of(call.json(), app_id, call.world.app_places[app_id]))
    return text_reply(200, "")


def _event(body: Any, _app_id: int, app: int) -> SentEvent:
    _must_have(body, _REQUIRED)
    if body["type"] != "track":
        raise Refused("type is track")
    context = _object(body, "context")
    return SentEvent(
        kind=TRACK,
        item=_text(body, "event"),
        visitor_id=_text(body, "visitorId"),
        account_id=_text(body, "accountId"),
        time=_time(body),
        app=app,
        properties=_object(body, "properties"),
        ip=_text(context, "ip"),
        user_agent=_text(context, "userAgent"),
    )


def _conversation(body: Any, app_id: int, _app: int) -> Conversation:
    _must_have(body, _AGENTIC_REQUIRED)
    _object(body, "context")
    if body["type"] not in KINDS:
        raise Refused(f"type is {', '.join(KINDS)}")
    return Conversation(
        kind=body["type"],
        visitor_id=_text(body, "visitor_id"),
        account_id=_text(body, "account_id"),
        time=_time(body),
        app_id=app_id,
        properties=_object(body, "props"),
    )


def _must_have(body: Any, required: tuple[str, ...]) -> None:
    if not isinstance(body, dict):
        raise Refused("the body is one event; there is no batch form")
    for name in required:
        if body.get(name) in (None, ""):
            raise Refused(f"missing required field {name}")


def _text(of: dict[str, Any], name: str) -> str:
    found = of.get(name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise Refused(f"{name} is a string")
    return found


def _object(of: dict[str, Any], name: str) -> dict[str, Any]:
    found = of.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Refused(f"{name} is an object")
    return found


def _time(body: dict[str, Any]) -> int:
    """Milliseconds; also as text, or as ISO 8601 (UTC unless it says otherwise): some clients send those."""
    found = body["timestamp"]
    if isinstance(found, str):
        found = _time_of_text(found)
    if not is_number(found) or abs(found) > _TIME_MAX:
        raise Refused("timestamp is milliseconds since the epoch")
    return int(found)


def _time_of_text(text: str) -> int | None:
    if text.isascii() and text.isdecimal() and len(text) < _TIME_DIGITS:
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
