"""The two ends of every run and what stands between them. Rows travel as Arrow record batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import pyarrow as pa

from pendant.model.http import Meter
from pendant.model.run import Note, Slice

# The column of records as they came: each value is the JSON text of one record and the line feed that ends its line.
# No other column has blanks in its name, so it stands beside any of them.
RECORD_MARK = {b"pendant:record": b"1"}
RECORD_FIELD = pa.field("record as sent", pa.string(), nullable=False, metadata=RECORD_MARK)
RECORDS_SCHEMA = pa.schema([RECORD_FIELD])


class Shape(StrEnum):
    """What a source makes of the records it reads."""

    COLUMNS = "columns"
    """The declared columns."""
    RECORDS = "records"
    """Each record exactly as it came, in RECORD_FIELD alone."""
    BOTH = "both"
    """The declared columns, and RECORD_FIELD behind them."""


def holds_record(field: Any) -> bool:
    return (field.metadata or {}).get(b"pendant:record") == b"1"


@dataclass(frozen=True, slots=True)
class Written:
    rows: int
    bytes: int


class RunMeter(Meter, Protocol):
    """A meter of one run; sources add rows to it as they appear, so that progress moves inside a slice."""

    def rows_read(self, count: int) -> None: ...

    def undeclared(self, fields: Iterable[str]) -> None:
        """Keep the dotted paths of fields that came and that no column declares."""
        ...

    def note(self, note: Note) -> None:
        """Keep something a person should know; notes with one code are counted together."""
        ...


class Source(Protocol):
    """Reads one resource of one connection."""

    @property
    def schema(self) -> pa.Schema:
        """The declared schema of every batch, in the shape asked for; known before the first row is read."""
        ...

    def plan(self) -> Sequence[Slice]:
        """Return disjoint slices that together cover the whole export, in output order. Never empty."""
        ...

    def split(self, part: Slice) -> tuple[Slice, Slice] | None:
        """Return two halves that take the place of `part`, or None when it cannot get smaller."""
        ...

    def count(self, part: Slice) -> int | None:
        """Return the other system's own number of rows in `part`, or None where it cannot be asked."""
        ...

    def read(self, part: Slice, meter: RunMeter) -> Iterator[pa.RecordBatch]:
        """Yield the rows of `part` in order, each exactly once, or raise: never a short result.

        Raises SliceTooLarge when the other system cannot answer for so much at once.
        """
        ...


class Transformation(Protocol):
    """SQL in the middle; row order is kept."""

    @property
    def schema(self) -> pa.Schema: ...

    def apply(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]: ...


class LoadMode(StrEnum):
    """What publishing does to the rows a target holds already."""

    REPLACE = "replace"
    """The target becomes what was published and nothing else."""
    SLICES = "slices"
    """Rows whose time lies in the window of a published slice give way to that slice's rows; the others stay."""
    MERGE = "merge"
    """Rows with the key of a published row give way to it; the others stay."""
    APPEND = "append"
    """Every row stays, and the published rows come in addition."""


@dataclass(frozen=True, slots=True)
class Load:
    """How rows reach a target. `key` are the columns that name a row (MERGE); `time` is the column of a row's time
    in UTC (SLICES), by which it belongs to one window.
    """

    mode: LoadMode = LoadMode.REPLACE
    key: tuple[str, ...] = ()
    time: str = ""


REPLACE = Load()


class Destination(Protocol):
    """Takes whole slices and shows nothing to anybody before `publish`.

    Order of calls: `ensure_schema` once, `replace_slice` any number of times (several threads, different slices),
    then `publish` or `discard` once. Only the pipeline calls the writing methods.
    """

    def holds(self) -> bool | None:
        """Say whether there is what an earlier run wrote; None where one that wrote no rows leaves nothing to find."""
        ...

    def ensure_schema(self, schema: pa.Schema) -> None:
        """Prepare for rows of `schema`; raise before anything is read when the target cannot take them."""
        ...

    def replace_slice(self, part: Slice, batches: Iterator[pa.RecordBatch]) -> Written:
        """Store the rows of `part` in place of whatever was stored for it before; durable when it returns."""
        ...

    def publish(self, parts: Sequence[Slice]) -> Written:
        """Make the slices visible as one result, in the given order, all or nothing."""
        ...

    def discard(self) -> None:
        """Remove everything this run staged; the target is as it was before."""
        ...
