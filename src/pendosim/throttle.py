"""Refusing by rate, for tests that want it. Pendo publishes no numbers: these are invented, and off by default."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pendosim.clock import Clock
from pendosim.keys import Key

AGGREGATION_PATH = "/api/v1/aggregation"
BULK_DELETE_PATH = "/api/v1/bulkdelete"


@dataclass(frozen=True)
class Rate:
    per_second: float
    burst: int


LISTS = Rate(per_second=10, burst=20)
BULK_DELETIONS = Rate(per_second=1, burst=1)


@dataclass
class _Bucket:
    rate: Rate
    at: int
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.rate.burst

    def take(self, now: int) -> bool:
        gained = max(0, now - self.at) / 1000 * self.rate.per_second
        self.tokens, self.at = min(self.rate.burst, self.tokens + gained), now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Throttle:
    """A token bucket for each key, and one aggregation at a time; used from the event loop only."""

    def __init__(self, clock: Clock, *, on: bool) -> None:
        self._clock = clock
        self._on = on
        self._buckets: dict[tuple[str, Rate], _Bucket] = {}
        self._aggregating: set[str] = set()

    @contextmanager
    def admitted(self, key: Key | None, path: str) -> Iterator[bool]:
        """Tell whether a request may go on; without a key it goes on to its 403. An aggregation holds its place."""
        if not self._on or key is None or not path.startswith("/api/"):
            yield True
        elif path == AGGREGATION_PATH:
            yield from self._one_at_a_time(key.label)
        else:
            yield self._take(key.label, BULK_DELETIONS if path.startswith(BULK_DELETE_PATH) else LISTS)

    def _one_at_a_time(self, key: str) -> Iterator[bool]:
        if key in self._aggregating:
            yield False
            return
        self._aggregating.add(key)
        try:
            yield True
        finally:
            self._aggregating.discard(key)

    def _take(self, key: str, rate: Rate) -> bool:
        now = self._clock.now()
        return self._buckets.setdefault((key, rate), _Bucket(rate, now)).take(now)
