"""A run whose rows a program of this process reads as Arrow: they are handed over slice by slice, in their order.

A slice may be read anew until it is committed, so its rows wait in a file until then. Only a few slices may be ahead
of whoever reads, so that neither memory nor disk grows with the rows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from pendant.connectors.files.parts import Parts
from pendant.connectors.files.staging import Staging, remove_left_behind
from pendant.connectors.tables.staged import ArrowFormat, staged_batches
from pendant.engine.halt import Halt
from pendant.engine.pipeline import Ledger
from pendant.model.pipeline import Written
from pendant.model.run import Slice, SliceRecord

SLICES_AHEAD = 4
_LOOK_UP_SECONDS = 0.1


class Handover:
    """Implements model.pipeline.Destination on one side; on the other, `schema` and `batches` are for one reader.

    `publish` returns when every row has been taken, so that a finished run is one that was read to its end.
    """

    def __init__(self, folder: Path, run_id: str) -> None:
        self.halt = Halt()
        self._folder = folder
        self._staging = Staging(folder / run_id, run_id)
        self._parts = Parts(self._staging, ArrowFormat())
        self._changed = threading.Condition()
        self._order: list[Slice] = []
        self._committed: set[str] = set()
        self._opened = self._planned = self._over = False

    def announcing(self, ledger: Ledger) -> Ledger:
        """Return the ledger as one that tells this object of every slice."""
        return _Announcing(ledger, self)

    def holds(self) -> bool | None:
        return None

    def ensure_schema(self, schema: pa.Schema) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        remove_left_behind(self._folder)
        self._parts.open(schema)
        self._change(lambda: setattr(self, "_opened", True))

    def replace_slice(self, part: Slice, batches: Iterator[pa.RecordBatch]) -> Written:
        self._wait(lambda: part in self._order[:SLICES_AHEAD])
        return self._parts.store(part, batches)

    def publish(self, parts: Sequence[Slice]) -> Written:
        self._wait(lambda: not self._order)
        rows = self._parts.rows(parts)
        self._staging.remove()
        return Written(rows, 0)

    def discard(self) -> None:
        self.over()
        self._staging.remove()

    def over(self) -> None:
        """Hear that the run has ended, however it did."""
        self._change(lambda: setattr(self, "_over", True))

    def schema(self) -> pa.Schema | None:
        """Return the schema as soon as it is known; None when the run ended before that."""
        self._wait(lambda: self._opened or self._over, check=_unasked)
        return self._parts.schema if self._opened else None

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield every row in order; stop early where the run does, which then says why."""
        while (part := self._first()) is not None:
            path = self._parts.paths([part])[0]
            try:
                yield from staged_batches([path])
            except FileNotFoundError:
                if not self._over:
                    raise
                return
            path.unlink(missing_ok=True)
            self._change(lambda: self._order.pop(0))

    def _first(self) -> Slice | None:
        """Wait for the next slice to be committed, and return it; None when none comes any more."""

        def known() -> bool:
            return self._over or (self._planned and (not self._order or self._order[0].key in self._committed))

        self._wait(known, check=_unasked)
        return None if self._over or not self._order else self._order[0]

    def planned(self, parts: Sequence[Slice]) -> None:
        def plan() -> None:
            self._order = list(parts)
            self._planned = True

        self._change(plan)

    def split(self, part: Slice, halves: Sequence[Slice]) -> None:
        def take_its_place() -> None:
            place = self._order.index(part)
            self._order[place : place + 1] = halves

        self._change(take_its_place)

    def committed(self, part: Slice) -> None:
        self._change(lambda: self._committed.add(part.key))

    def _change(self, change: Callable[[], object]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()

    def _wait(self, known: Callable[[], bool], *, check: Callable[[], None] | None = None) -> None:
        """Wait for `known`; the side of the run looks up now and then whether it was told to stop."""
        with self._changed:
            while not known():
                (check or self.halt.check)()
                self._changed.wait(_LOOK_UP_SECONDS)


class _Announcing:
    """Implements pipeline.Ledger: what is recorded is handed over, and not before."""

    def __init__(self, ledger: Ledger, handover: Handover) -> None:
        self._ledger = ledger
        self._handover = handover

    def planned(self, parts: Sequence[Slice]) -> None:
        self._ledger.planned(parts)
        self._handover.planned(parts)

    def split(self, part: Slice, halves: Sequence[Slice]) -> None:
        self._ledger.split(part, halves)
        self._handover.split(part, halves)

    def committed(self, record: SliceRecord) -> None:
        self._ledger.committed(record)
        self._handover.committed(record.slice)

    def failed(self, part: Slice) -> None:
        self._ledger.failed(part)

    def publishing(self, order: Sequence[Slice]) -> None:
        self._ledger.publishing(order)


def _unasked() -> None:
    """Stand for the side of whoever reads, which waits for the run to be over and is told so."""
