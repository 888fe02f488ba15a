"""Reading ahead: one thread makes what another one takes, a little apart."""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable, Generator, Iterator
from typing import TypeVar

T = TypeVar("T")

# One is enough for two threads to work at once, and each is a MB or more.
ITEMS_AHEAD = 1
_LOOK_UP_SECONDS = 0.1


class _End:
    def __init__(self, problem: BaseException | None = None) -> None:
        self.problem = problem


def read_ahead(
    produce: Callable[[], Iterator[T]], *, name: str, check: Callable[[], None] = lambda: None
) -> Generator[T, None, None]:
    """Yield what `produce` yields, which runs on a thread called `name`; raise what it raises.

    `check` is called now and then while nothing comes; what it raises ends the reading, however silent the other
    thread is. That one is left behind and ends by itself, at the next thing it makes.
    """
    items: queue.Queue[T | _End] = queue.Queue(ITEMS_AHEAD)
    stopped = threading.Event()
    # What is known of whoever reads goes along: see engine/meter.py.
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(_make, produce, items, stopped), name=name, daemon=True).start()
    try:
        while not isinstance(item := _next(items, check), _End):
            yield item
        if item.problem is not None:
            raise item.problem
    finally:
        stopped.set()


def _next(items: queue.Queue[T | _End], check: Callable[[], None]) -> T | _End:
    while True:
        check()
        try:
            return items.get(timeout=_LOOK_UP_SECONDS)
        except queue.Empty:
            continue


def _make(produce: Callable[[], Iterator[T]], items: queue.Queue[T | _End], stopped: threading.Event) -> None:
    end = _End()
    try:
        for item in produce():
            if not _put(items, item, stopped):
                return
    except BaseException as problem:  # noqa: BLE001 - carried over to the thread that reads
        end = _End(problem)
    _put(items, end, stopped)


def _put(items: queue.Queue[T | _End], item: T | _End, stopped: threading.Event) -> bool:
    while not stopped.is_set():
        try:
            items.put(item, timeout=_LOOK_UP_SECONDS)
        except queue.Full:
            continue
        return True
    return False
