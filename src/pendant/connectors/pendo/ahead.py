"""Reading ahead: one thread fetches and cuts while another converts, a few pieces apart."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

PIECES_AHEAD = 1
_LOOK_UP_SECONDS = 0.2


class _End:
    def __init__(self, problem: BaseException | None) -> None:
        self.problem = problem


def read_ahead(produce: Callable[[], Iterator[T]]) -> Iterator[T]:
    """Yield what `produce` yields, which runs on another thread; raise what it raises.

    When the reader stops early, the other thread ends at its next piece.
    """
    ahead = _Ahead(produce)
    try:
        yield from ahead.pieces()
    finally:
        ahead.stop()


class _Ahead(Generic[T]):
    def __init__(self, produce: Callable[[], Iterator[T]]) -> None:
        self._produce = produce
        self._pieces: queue.Queue[T | _End] = queue.Queue(PIECES_AHEAD)
        self._stopped = threading.Event()

    def pieces(self) -> Iterator[T]:
        threading.Thread(target=self._run, name="read-ahead", daemon=True).start()
        while True:
            piece = self._pieces.get()
            if isinstance(piece, _End):
                if piece.problem is not None:
                    raise piece.problem
                return
            yield piece

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        try:
            for piece in self._produce():
                if not self._put(piece):
                    return
        except BaseException as problem:  # noqa: BLE001 - carried over to the thread that reads
            self._put(_End(problem))
        else:
            self._put(_End(None))

    def _put(self, piece: T | _End) -> bool:
        while not self._stopped.is_set():
            try:
                self._pieces.put(piece, timeout=_LOOK_UP_SECONDS)
            except queue.Full:
                continue
            return True
        return False
