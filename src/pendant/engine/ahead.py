"""Reading overlaps writing: one thread reads a slice while another writes it, a few batches apart.

A run that is told to stop does not wait for a source that is silent: its thread is left behind and ends by itself.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import pyarrow as pa

from pendant.engine.halt import Halt, Halted

BATCHES_AHEAD = 1
LOOK_UP_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _End:
    problem: BaseException | None = None


_Item = pa.RecordBatch | _End


def read_ahead(read: Callable[[], Iterator[pa.RecordBatch]], halt: Halt) -> Generator[pa.RecordBatch, None, None]:
    """Yield what `read` yields on a thread of its own; raise what it raises, or Halted."""
    stop = threading.Event()
    items: queue.Queue[_Item] = queue.Queue(BATCHES_AHEAD)
    threading.Thread(target=_produce, args=(read, items, stop), name="slice-reader", daemon=True).start()
    try:
        while not isinstance(item := _next(items, halt), _End):
            yield item
        if item.problem is not None:
            raise item.problem
    finally:
        stop.set()


def _next(items: queue.Queue[_Item], halt: Halt) -> _Item:
    while True:
        halt.check()
        try:
            return items.get(timeout=LOOK_UP_SECONDS)
        except queue.Empty:
            continue


def _produce(read: Callable[[], Iterator[pa.RecordBatch]], items: queue.Queue[_Item], stop: threading.Event) -> None:
    try:
        for batch in read():
            _put(items, batch, stop)
        _put(items, _End(), stop)
    except Halted:
        return
    except BaseException as problem:  # noqa: BLE001 - raised again on the thread that writes
        try:
            _put(items, _End(problem), stop)
        except Halted:
            return


def _put(items: queue.Queue[_Item], item: _Item, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            items.put(item, timeout=LOOK_UP_SECONDS)
        except queue.Full:
            continue
        return
    raise Halted
