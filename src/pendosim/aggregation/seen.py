"""guidesSeen and pollsSeen, in a range and ever: single interactions summed up by visitor."""

from collections.abc import Iterable, Iterator
from typing import Any

from pendosim.values import Row

# Where the two names for an answer's field conflict, rows carry both.
_STATES = {
    "guideSeen": "seen",
    "guideAdvanced": "advanced",
    "guideDismissed": "dismissed",
    "guideActivity": "active",
}


def guides_seen(events: Iterable[Row]) -> Iterator[Row]:
    """One row for each visitor, guide and step."""
    return map(_seen, _grouped(events, ("visitorId", "guideId", "guideStepId")))


def guides_seen_ever(events: Iterable[Row]) -> Iterator[Row]:
    """One row for each visitor and guide."""
    for members in _grouped(events, ("visitorId", "guideId")):
        row = _seen(members)
        del row["guideStepId"]
        yield row


def _seen(members: list[Row]) -> Row:
    first, last = members[0], members[-1]
    return {
        "visitorId": first["visitorId"],
        "guideId": first["guideId"],
        "guideStepId": first["guideStepId"],
        "firstSeenAt": first["browserTime"],
        "lastSeenAt": last["browserTime"],
        "lastAdvancedAutoAt": _latest(members, "guideAdvanced"),
        "lastDismissedAutoAt": _latest(members, "guideDismissed"),
        "lastTimeoutAt": 0,
        "seenCount": len(members),
        "lastState": _STATES[last["type"]],
    }


def polls_seen(events: Iterable[Row]) -> Iterator[Row]:
    """One row for each visitor and poll: the latest answer."""
    for members in _grouped(events, ("visitorId", "guideId", "pollId")):
        last = members[-1]
        row = {name: last[name] for name in ("visitorId", "accountId", "guideId", "pollId")}
        yield row | {
            "time": last["browserTime"],
            "response": last["pollResponse"],
            "pollResponse": last["pollResponse"],
        }


def _grouped(events: Iterable[Row], names: tuple[str, ...]) -> Iterable[list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for event in sorted(events, key=lambda row: (row["browserTime"], row["eventId"])):
        groups.setdefault(tuple(event[name] for name in names), []).append(event)
    return groups.values()


def _latest(members: list[Row], kind: str) -> int:
    return max((row["browserTime"] for row in members if row["type"] == kind), default=0)
