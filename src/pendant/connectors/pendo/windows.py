"""Windows of event time and ranges of visitors: how an event stream is cut into slices, and slices into halves.

Days of Pendo begin at midnight in the subscription's time zone, which no endpoint tells. It need not be known:
every window is filtered on the start of its buckets, so that each bucket belongs to exactly one window wherever
midnight is. Windows begin at midnight UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from pendant.connectors.pendo.ranges import WHOLE, Range
from pendant.model.run import Slice

DAY_MS = 86_400_000
MINUTE_MS = 60_000
ROWS_PER_SLICE = 200_000


@dataclass(frozen=True, slots=True)
class Window:
    """Times [since, until) in ms, of some visitors or all of them."""

    since: int
    until: int
    visitors: Range = WHOLE

    def as_slice(self) -> Slice:
        key = f"{_stamp(self.since)}-{_stamp(self.until)}"
        label = f"{_readable(self.since)} to {_readable(self.until)}"
        if self.visitors == WHOLE:
            return Slice(key=key, lower=self.since, upper=self.until, label=label)
        return Slice(
            key=f"{key}-{self.visitors.fingerprint}",
            lower=[self.since, self.visitors.after],
            upper=[self.until, self.visitors.up_to],
            label=f"{label}, some visitors",
        )

    @classmethod
    def of(cls, part: Slice) -> Window:
        since, after = part.lower if isinstance(part.lower, list | tuple) else (part.lower, None)
        until, up_to = part.upper if isinstance(part.upper, list | tuple) else (part.upper, None)
        return cls(since, until, Range(after, up_to))


def planned(since: int, until: int, *, days: int) -> list[Window]:
    """Cover [since, until) with windows of `days` whole days UTC; the first and the last may be shorter.

    The edges between do not depend on `since` and `until`, so that another run finds the same windows.
    """
    step = days * DAY_MS
    edges = [since, *range((since // step + 1) * step, until, step), until]
    return [Window(start, end) for start, end in pairwise(edges)]


def days_for(rows: int, since: int, until: int, *, days_max: int) -> int:
    """Return how many days make about ROWS_PER_SLICE rows, from the number of rows in [since, until)."""
    days = max(1.0, (until - since) / DAY_MS)
    per_day = max(1.0, rows / days)
    return max(1, min(days_max, int(ROWS_PER_SLICE / per_day)))


def halves(window: Window, *, bucketed: bool) -> tuple[Window, Window] | None:
    """Split by time: at a midnight UTC, or, for single events, anywhere down to a minute; None when too short."""
    width = window.until - window.since
    middle = (window.since + width // 2 + DAY_MS // 2) // DAY_MS * DAY_MS
    if not window.since < middle < window.until:
        if bucketed or width < 2 * MINUTE_MS:
            return None
        middle = window.since + width // 2
    return Window(window.since, middle, window.visitors), Window(middle, window.until, window.visitors)


def _stamp(ms: int) -> str:
    at = datetime.fromtimestamp(ms // 1000, UTC)
    thousandth = f"{ms % 1000:03d}" if ms % 1000 else ""
    return f"{at:%Y%m%dT%H%M%S}{thousandth}Z"


def _readable(ms: int) -> str:
    at = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{at:%Y-%m-%d}" if ms % DAY_MS == 0 else f"{at:%Y-%m-%d %H:%M}"
