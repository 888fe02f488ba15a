"""Time as milliseconds since the epoch, from a clock that a test can set."""

import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> int:
        """Milliseconds since the epoch."""


class SystemClock:
    def now(self) -> int:
        return time.time_ns() // 1_000_000


class SettableClock:
    """Real time until `set` is called; from then on it stands still and moves only by `set` and `advance`."""

    def __init__(self, now: int | None = None) -> None:
        self._now = now

    def now(self) -> int:
        return SystemClock().now() if self._now is None else self._now

    def set(self, now: int) -> None:
        self._now = now

    def advance(self, seconds: float) -> None:
        self._now = self.now() + round(seconds * 1000)
