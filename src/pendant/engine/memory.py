"""A run that ends in memory: the first rows of an export, through everything but a destination."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from pendant.engine.halt import Halt
from pendant.engine.meter import Tally
from pendant.engine.pipeline import Job, run
from pendant.engine.slices import Ends
from pendant.model.clock import Clock
from pendant.model.pipeline import Source, Transformation, Written
from pendant.model.run import Slice, SliceRecord


def first_rows(source: Source, transformation: Transformation, tally: Tally, clock: Clock, *, rows: int) -> pa.Table:
    """Return the first rows that an export would write."""
    kept = InMemory()
    ends = Ends(source, transformation, kept)
    run(Job(ends=ends, ledger=_NoLedger(), tally=tally, halt=Halt(), clock=clock, concurrency=1, limit=rows))
    return kept.table


class InMemory:
    """Implements model.pipeline.Destination."""

    def __init__(self) -> None:
        self._schema = pa.schema([])
        self._slices: dict[str, list[pa.RecordBatch]] = {}
        self.table: pa.Table = self._schema.empty_table()

    def holds(self) -> bool | None:
        return None

    def ensure_schema(self, schema: pa.Schema) -> None:
        self._schema = schema

    def replace_slice(self, part: Slice, batches: Iterator[pa.RecordBatch]) -> Written:
        kept = self._slices[part.key] = list(batches)
        return Written(sum(batch.num_rows for batch in kept), 0)

    def publish(self, parts: Sequence[Slice]) -> Written:
        batches = [batch for part in parts for batch in self._slices[part.key]]
        self.table = pa.Table.from_batches(batches, schema=self._schema)
        return Written(self.table.num_rows, 0)

    def discard(self) -> None:
        self._slices.clear()


class _NoLedger:
    """Implements pipeline.Ledger: what ends in memory is not begun again."""

    def planned(self, parts: Sequence[Slice]) -> None: ...

    def split(self, part: Slice, halves: Sequence[Slice]) -> None: ...

    def committed(self, record: SliceRecord) -> None: ...

    def failed(self, part: Slice) -> None: ...

    def publishing(self, order: Sequence[Slice]) -> None: ...
