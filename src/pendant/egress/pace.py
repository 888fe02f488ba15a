"""How fast one connection may be asked: so many requests at once, so long between two, and a pause when told."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from pendant.egress.ending import Ending
from pendant.model.clock import Clock


class Pace:
    """Shared by every channel of one connection; safe from several threads."""

    def __init__(self, *, concurrency_level: int, minimum_wait_ms: int, clock: Clock) -> None:
        self._level = max(concurrency_level, 1)
        self._gap_seconds = minimum_wait_ms / 1000
        self._clock = clock
        self._places = threading.BoundedSemaphore(self._level)
        self._lock = threading.Lock()
        self._next_at = 0.0
        self._held_by: Counter[int] = Counter()

    @contextmanager
    def place(self, ending: Ending) -> Iterator[None]:
        """Wait for a free place and for the moment the next request may leave; free the place at the end."""
        thread = threading.get_ident()
        if self._held_by[thread] >= self._level:
            raise RuntimeError(
                "this thread holds every place of the connection; close its open stream before asking anything else"
            )
        ending.acquire(self._places)
        try:
            self._held_by[thread] += 1
            self._wait_for_turn(ending)
            yield
        finally:
            self._held_by[thread] -= 1
            if not self._held_by[thread]:
                del self._held_by[thread]
            self._places.release()

    def _wait_for_turn(self, ending: Ending) -> None:
        with self._lock:
            now = self._clock.monotonic()
            turn = max(now, self._next_at)
            self._next_at = turn + self._gap_seconds
        if turn > now:
            ending.pause(turn - now)

    def hold(self, seconds: float) -> None:
        """Let no request of this connection leave before `seconds` have passed: the other side asked for it."""
        with self._lock:
            self._next_at = max(self._next_at, self._clock.monotonic() + seconds)
