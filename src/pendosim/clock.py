"""Time as milliseconds since the epoch, from a clock that a test can set."""

import time
from typing import Protocol

# Data is made of days before the clock's, and windows reach beyond it.
EARLIEST_NOW_MS = 631_152_000_000  # 1990-01-01
LATEST_NOW_MS = 4_070_908_800_000  # 2099-01-01


class Clock(Protocol):
    def now(self) -> int:
        """Milliseconds since the epoch."""


class SystemClock:
    def now(self) -> int:
        return time.time_ns() // 1_000_000


class SettableClock:
    """Real time until `set` is called; from then on it stands still and moves only by `set` and `advance`."""

    def __init__(self, now: int | None = None) -> None:
        self._now: int | None = None
        if now is not None:
            self.set(now)

    def now(self) -> int:
        return SystemClock().now() if self._now is None else self._now

    def set(self, now: int) -> None:
        """Raise ValueError for a time of another century."""
        if not EARLIEST_NOW_MS <= now <= LATEST_NOW_MS:
            raise ValueError("the clock is set in milliseconds since the epoch, between the years 1990 and 2099")
        self._now = now

    def advance(self, seconds: float) -> None:
        self.set(self.now() + round(seconds * 1000))
