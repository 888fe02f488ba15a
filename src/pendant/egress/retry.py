"""When to try again: pure functions of what was answered and how often it was tried."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

BACKOFF_FIRST_SECONDS = 1.0
BACKOFF_MAX_SECONDS = 60.0
RETRY_AFTER_MAX_SECONDS = 120.0
_SECONDS_DIGITS_MAX = 9


def backoff_seconds(attempt: int, jitter: float) -> float:
    """Return the pause after failed attempt number `attempt` (from 1): doubling, with the upper half left to chance.

    `jitter` is between 0 and 1.
    """
    ceiling = min(BACKOFF_MAX_SECONDS, BACKOFF_FIRST_SECONDS * 2.0 ** (attempt - 1))
    return ceiling * (0.5 + jitter / 2)


def retry_after_seconds(text: str | None, now: datetime) -> float | None:
    """Read a Retry-After value, seconds or an HTTP date, capped; None when there is none that makes sense."""
    text = (text or "").strip()
    if not text:
        return None
    seconds = _seconds(text)
    if seconds is None:
        seconds = _until(text, now)
    return None if seconds is None else min(max(seconds, 0.0), RETRY_AFTER_MAX_SECONDS)


def _seconds(text: str) -> float | None:
    whole, _, fraction = text.partition(".")
    if not whole.isdecimal() or not whole.isascii() or (fraction and not fraction.isdecimal()):
        return None
    return RETRY_AFTER_MAX_SECONDS if len(text) > _SECONDS_DIGITS_MAX else float(text)


def _until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (moment - now).total_seconds()
