"""Which slices there are, in output order, and which of them still wait. Shared by the threads of one run."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from pendant.engine.halt import Halt, Halted
from pendant.model.run import Slice


class Board:
    """A thread takes a slice, and gives it back as done or as two halves. The first failure ends it for all."""

    def __init__(self, parts: Sequence[Slice], halt: Halt) -> None:
        self._order = list(parts)
        self._waiting = deque(parts)
        self._taken = 0
        self._halt = halt
        self._failure: BaseException | None = None
        self._changed = threading.Condition()

    @property
    def order(self) -> list[Slice]:
        return list(self._order)

    def take(self) -> Slice | None:
        """Return the next slice, waiting while others may still be split; None when there is nothing left to do."""
        with self._changed:
            while not self._waiting and self._taken and self._failure is None:
                self._changed.wait()
            if not self._waiting or self._failure is not None:
                return None
            self._taken += 1
            return self._waiting.popleft()

    def done(self) -> None:
        with self._changed:
            self._taken -= 1
            self._changed.notify_all()

    def split(self, part: Slice, halves: tuple[Slice, Slice]) -> None:
        with self._changed:
            place = self._order.index(part)
            self._order[place : place + 1] = halves
            self._waiting.extendleft(reversed(halves))
            self._taken -= 1
            self._changed.notify_all()

    def fail(self, problem: BaseException) -> None:
        """Keep the first failure; what other slices raise because they were told to stop is not one."""
        with self._changed:
            if self._failure is None or isinstance(self._failure, Halted):
                self._failure = problem
            self._taken -= 1
            self._halt.set()
            self._changed.notify_all()

    def raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
