"""How often something may be tried. Whoever keeps the times of the tries asks how long the next one must wait."""

from __future__ import annotations

import ipaddress
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """`tries` in `window_seconds`. With `growth` above 1 every further `tries` within `memory_seconds` stretch the
    window by that factor, up to `wait_max_seconds`. Refused tries do not count, so no wait ever grows by waiting:
    nobody can be locked out for good.
    """

    tries: int
    window_seconds: float = 60.0
    growth: float = 1.0
    memory_seconds: float = 60.0
    wait_max_seconds: float = 300.0

    def wait_seconds(self, earlier: Sequence[datetime], now: datetime) -> float:
        """Return how long the next try must wait; `earlier` holds the times of those within the memory, any order."""
        times = sorted(at for at in earlier if now - at < timedelta(seconds=self.memory_seconds))
        if len(times) < self.tries:
            return 0.0
        rounds = len(times) // self.tries
        window = min(self.window_seconds * self.growth ** (rounds - 1), max(self.wait_max_seconds, self.window_seconds))
        over = times[-self.tries] + timedelta(seconds=window) - now
        return max(0.0, over.total_seconds())


LOGIN_BY_ACCOUNT = Limit(tries=5, growth=2.0, memory_seconds=3600.0)
LOGIN_BY_NETWORK = Limit(tries=20, growth=2.0, memory_seconds=3600.0)
CONNECTION_TEST_BY_USER = Limit(tries=10)


class Pace:
    """Counts in memory, for what happens too often to be written down. Only for limits without growth."""

    def __init__(self, tries: int, monotonic: Callable[[], float], *, window_seconds: float = 60.0) -> None:
        self._tries = tries
        self._window_seconds = window_seconds
        self._monotonic = monotonic
        self._times: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait_seconds(self, key: str) -> float:
        """Count one try of `key` and return 0, or return how long it must wait without counting it."""
        now = self._monotonic()
        with self._lock:
            self._forget_before(now - self._window_seconds)
            times = self._times.setdefault(key, deque())
            if len(times) >= self._tries:
                return times[0] + self._window_seconds - now
            times.append(now)
            return 0.0

    def _forget_before(self, moment: float) -> None:
        for key in list(self._times):
            times = self._times[key]
            while times and times[0] <= moment:
                times.popleft()
            if not times:
                del self._times[key]


def network_of(address: str) -> str:
    """Return the network that one party can be expected to hold: /24 of IPv4, /64 of IPv6, or the text itself."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    length = 24 if parsed.version == 4 else 64  # noqa: PLR2004 - IP version 4
    return str(ipaddress.ip_network((parsed, length), strict=False))
