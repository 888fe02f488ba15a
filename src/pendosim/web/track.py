"""POST /data/track: one event, accepted with 200 and an empty body."""

from typing import Any

from pendosim.errors import Refused
from pendosim.keys import Keys
from pendosim.values import is_number
from pendosim.web.call import Call, Reply, text_reply
from pendosim.world.live import TrackEvent

TRACK_PATH = "/data/track"
_REQUIRED = ("type", "event", "visitorId", "timestamp")


def track(call: Call, keys: Keys, given: str) -> Reply:
    """Credential first, then method, then body."""
    if not keys.is_track_secret(given):
        return text_reply(403, "")
    if call.method != "POST":
        return text_reply(404, "not found")
    call.world.track(_event(call.json()))
    return text_reply(200, "")


def _event(body: Any) -> TrackEvent:
    if not isinstance(body, dict):
        raise Refused("the body is one event; there is no batch form")
    missing = [name for name in _REQUIRED if body.get(name) in (None, "")]
    if missing:
        raise Refused(f"missing required field {missing[0]}")
    texts = {name: body.get(name, "") or "" for name in ("type", "event", "visitorId", "accountId")}
    wrong = [name for name, value in texts.items() if not isinstance(value, str)]
    properties, context = body.get("properties") or {}, body.get("context") or {}
    if wrong or not isinstance(properties, dict) or not isinstance(context, dict):
        raise Refused(f"{(wrong or ['properties and context'])[0]} has the wrong type")
    if texts["type"] != "track":
        raise Refused("type is track")
    if not is_number(body["timestamp"]) or abs(body["timestamp"]) > 2**53:
        raise Refused("timestamp is milliseconds since the epoch")
    return TrackEvent(
        name=texts["event"],
        visitor_id=texts["visitorId"],
        account_id=texts["accountId"],
        time=int(body["timestamp"]),
        properties=properties,
        ip=str(context.get("ip") or ""),
        user_agent=str(context.get("userAgent") or ""),
    )
