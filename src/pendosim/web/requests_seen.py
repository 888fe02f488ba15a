"""The log of requests, for tests that ask what a client did. It never holds a credential."""

import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

KEPT_MAX = 100_000
PATH_KEPT_MAX = 2_000


@dataclass(slots=True)
class Seen:
    at: int
    """Milliseconds since the epoch, on the simulator's clock."""
    method: str
    path: str
    """With its query, as sent; its first characters where it is long."""
    header_names: tuple[str, ...]
    key: str
    """Which credential: key, read_only_key, track_secret, unknown or none."""
    source: str
    """Of an aggregation."""
    status: int = 0
    bytes: int = 0
    """Of the answer's body, as far as it was sent."""


class RequestLog:
    def __init__(self) -> None:
        self._seen: deque[Seen] = deque(maxlen=KEPT_MAX)
        self._lock = threading.Lock()

    def add(self, seen: Seen) -> None:
        with self._lock:
            self._seen.append(seen)

    def all(self) -> list[Seen]:
        with self._lock:
            return list(self._seen)

    def clear(self) -> None:
        with self._lock:
            self._seen.clear()

    def listed(self) -> list[dict[str, Any]]:
        return [asdict(seen) for seen in self.all()]
