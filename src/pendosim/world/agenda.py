"""What is to happen at moments to come, in order of time."""

import heapq
import threading
from collections.abc import Callable, Iterator
from itertools import count

Action = Callable[[], None]


class Agenda:
    """Its own lock is held for an instant only: adding never waits for somebody who reads."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, Action]] = []
        self._numbers = count()
        self._lock = threading.Lock()

    def add(self, due: int, action: Action) -> None:
        """`due` in milliseconds since the epoch; what is due at the same moment happens in the order it was added."""
        with self._lock:
            heapq.heappush(self._waiting, (due, next(self._numbers), action))

    def is_due(self, now: int) -> bool:
        waiting = self._waiting
        return bool(waiting) and waiting[0][0] <= now

    def taken(self, now: int) -> Iterator[Action]:
        """Take out what is due, one by one."""
        while True:
            with self._lock:
                if not self.is_due(now):
                    return
                action = heapq.heappop(self._waiting)[2]
            yield action
