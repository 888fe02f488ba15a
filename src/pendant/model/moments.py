"""Points in time as people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from pendant.errors import WrongInput

_AGO = re.compile(r"(\d{1,4})([hdw])")


def is_distance(text: str) -> bool:
    """Tell whether `text` is a distance from now, such as 30d."""
    return _AGO.fullmatch(text) is not None


def moment_of(text: str, now: datetime, option: str) -> datetime | None:
    """Return the moment meant by "2026-11-01", an ISO date and time, or "30d"; None for an empty text.

    Raises WrongInput at the field `option`.

    A date is its midnight UTC, a time without zone is UTC. "30d" and "4w" are the midnight UTC that many days or
    weeks ago and "12h" the full hour that many hours ago, so that the same command on one day asks for the same.
    """
    if not text:
        return None
    ago = _AGO.fullmatch(text)
    if ago:
        return _back(int(ago[1]), ago[2], now)
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise WrongInput(
            "time_invalid",
            f"{text!r} is not a point in time.",
            hint="Write a date such as 2026-11-01, a time such as 2026-11-01T08:00:00Z, or 30d for 30 days ago.",
            field=option,
        ) from None
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)


def _back(count: int, unit: str, now: datetime) -> datetime:
    if unit == "h":
        return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=count)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=count * (7 if unit == "w" else 1))
