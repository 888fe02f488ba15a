"""How numbers and moments are written for people. Pure functions of their arguments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

MINUTE, HOUR, DAY = 60, 3600, 86400
_DAYS_AS_DISTANCE = 30
_KILO = 1000


@dataclass(frozen=True, slots=True)
class Moment:
    """`ago` for reading, `full` for the tooltip, `iso` for machines."""

    ago: str
    full: str
    iso: str


def moment(at: datetime | None, now: datetime) -> Moment | None:
    if at is None:
        return None
    at = at.astimezone(UTC)
    return Moment(_distance(at, now), f"{at:%-d %B %Y, %H:%M} UTC", at.isoformat(timespec="seconds"))


def _distance(at: datetime, now: datetime) -> str:
    seconds = (now - at).total_seconds()
    if seconds < MINUTE:
        return "Just now"
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)} min ago"
    if seconds < DAY:
        return f"{int(seconds // HOUR)} h ago"
    if seconds < _DAYS_AS_DISTANCE * DAY:
        return counted(int(seconds // DAY), "day") + " ago"
    return f"{at:%-d %b %Y}"


def target_text(target: str, folder: Path) -> str:
    """Write a target below the folder for exports as it may be entered: by its path from there."""
    root = f"{folder.resolve()}/"
    return target.removeprefix(root) if len(target) > len(root) else target


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def size(count: int) -> str:
    """Write bytes with three digits and a decimal unit."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < _KILO:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"  # noqa: PLR2004 - three digits
        amount /= _KILO
    return f"{amount:.1f} TB"


def duration(seconds: float) -> str:
    if seconds < 10:  # noqa: PLR2004 - below ten seconds a decimal tells something
        return f"{seconds:.1f} s"
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)} min {int(seconds % MINUTE)} s"
    return f"{int(seconds // HOUR)} h {int(seconds % HOUR // MINUTE)} min"
