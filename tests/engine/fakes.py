"""A source in memory that fails as told, and what watches a pipeline from both sides."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pyarrow as pa

from pendant.errors import SliceTooLarge
from pendant.model.pipeline import Destination, RunMeter, Written
from pendant.model.run import Run, Slice, SliceRecord

Queue = Callable[..., Run]
"""Records an export as a queued run: `queue("visitors", target, limit=5)`."""

SCHEMA = pa.schema([("id", pa.int64()), ("name", pa.string())])


def rows_between(lower: int, upper: int) -> pa.RecordBatch:
    ids = range(lower, upper)
    return pa.RecordBatch.from_pydict({"id": list(ids), "name": [f"n{number}" for number in ids]}, schema=SCHEMA)


@dataclass
class FakeSource:
    """Rows are the numbers of [0, rows), slices are ranges of them.

    `faults` holds, for a slice's key, the errors of its next attempts, raised after the first batch. A slice with
    more than `rows_max` rows is too large. `miscounts` is added to the count of a slice.
    """

    rows: int = 100
    slices: int = 4
    batch_rows: int = 10
    rows_max: int | None = None
    faults: dict[str, list[BaseException]] = field(default_factory=dict)
    lost: dict[str, list[int]] = field(default_factory=dict)
    miscounts: dict[str, list[int]] = field(default_factory=dict)
    counts: bool = True
    before_batch: Callable[[Slice], None] = lambda _: None
    schema: pa.Schema = SCHEMA
    attempts: Counter[str] = field(default_factory=Counter)
    batches_given: int = 0
    upper_of: Callable[[int], object] = lambda upper: upper

    def plan(self) -> Sequence[Slice]:
        edges = [self.rows * number // self.slices for number in range(self.slices + 1)]
        return [self._slice(lower, upper) for lower, upper in pairwise(edges)]

    def split(self, part: Slice) -> tuple[Slice, Slice] | None:
        lower, upper = part.lower, part.lower + int(part.label)
        middle = (lower + upper) // 2
        return (self._slice(lower, middle), self._slice(middle, upper)) if lower < middle < upper else None

    def count(self, part: Slice) -> int | None:
        if not self.counts:
            return None
        wrong = self.miscounts.get(part.key, [])
        return int(part.label) + (wrong.pop(0) if wrong else 0)

    def read(self, part: Slice, meter: RunMeter) -> Iterator[pa.RecordBatch]:
        self.attempts[part.key] += 1
        lower, upper = part.lower, part.lower + int(part.label)
        if self.rows_max is not None and upper - lower > self.rows_max:
            raise SliceTooLarge("slice_too_large", f"{part.key} is too large")
        problem = self._next(self.faults, part)
        upper -= self._next(self.lost, part) or 0
        for start in range(lower, upper, self.batch_rows):
            self.before_batch(part)
            batch = rows_between(start, min(upper, start + self.batch_rows))
            self.batches_given += 1
            meter.rows_read(batch.num_rows)
            yield batch
            if problem is not None:
                raise problem
        if problem is not None:
            raise problem

    def _slice(self, lower: int, upper: int) -> Slice:
        return Slice(key=f"{lower}-{upper}", lower=lower, upper=self.upper_of(upper), label=str(upper - lower))

    @staticmethod
    def _next(told: dict[str, list], part: Slice):
        waiting = told.get(part.key)
        return waiting.pop(0) if waiting else None


class MemoryLedger:
    """Remembers what it was told, in order."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self.records: dict[str, SliceRecord] = {}
        self._lock = threading.Lock()

    def planned(self, parts: Sequence[Slice]) -> None:
        self._note("planned", ",".join(part.key for part in parts))

    def split(self, part: Slice, halves: Sequence[Slice]) -> None:
        self._note("split", part.key)

    def committed(self, record: SliceRecord) -> None:
        self._note("committed", record.slice.key)
        self.records[record.slice.key] = record

    def failed(self, part: Slice) -> None:
        self._note("failed", part.key)

    def publishing(self, order: Sequence[Slice]) -> None:
        self._note("publishing", ",".join(part.key for part in order))

    def _note(self, event: str, about: str) -> None:
        with self._lock:
            self.events.append((event, about))


class Watched:
    """Passes everything on to a destination, and tells a ledger's list in what order."""

    def __init__(self, inner: Destination, events: list[tuple[str, str]]) -> None:
        self._inner = inner
        self._events = events

    def holds(self) -> bool | None:
        return self._inner.holds()

    def ensure_schema(self, schema: pa.Schema) -> None:
        self._inner.ensure_schema(schema)

    def replace_slice(self, part: Slice, batches: Iterator[pa.RecordBatch]) -> Written:
        written = self._inner.replace_slice(part, batches)
        self._events.append(("stored", part.key))
        return written

    def publish(self, parts: Sequence[Slice]) -> Written:
        self._events.append(("publish", ",".join(part.key for part in parts)))
        return self._inner.publish(parts)

    def discard(self) -> None:
        self._events.append(("discard", ""))
        self._inner.discard()
