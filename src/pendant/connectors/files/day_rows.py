"""The rows of a day that stay when a part of the day is written anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pendant.connectors.files.days import NO_DAY
from pendant.errors import WrongInput

DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1)
_BEFORE_EVERY_WINDOW = -(2**60)
ROWS_AT_ONCE = 8_192

# pyarrow's stubs know fewer argument types than its functions take.
compute: Any = pc


def ms_of(day: str) -> int:
    """Return the beginning of a day in ms since the epoch; rows without a time lie before everything."""
    return _BEFORE_EVERY_WINDOW if day == NO_DAY else (date.fromisoformat(day) - _EPOCH).days * DAY_MS


def kept_rows(path: Path, schema: pa.Schema, time: str, windows: Sequence[tuple[int, int]]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a file outside of the windows. A column that `schema` alone has is null in them; raises
    WrongInput for one that only the file has, or whose values have no place in the new type.
    """
    with pq.ParquetFile(path) as file:
        _refuse_lost(file.schema_arrow.names, schema, path)
        for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, use_threads=False):
            times = batch.column(time).cast(pa.timestamp("ms", "UTC"), safe=False).cast(pa.int64())
            outside = pa.array([True] * batch.num_rows)
            for since, until in windows:
                inside = compute.and_(compute.greater_equal(times, since), compute.less(times, until))
                outside = compute.and_(outside, compute.invert(inside))
            yield _in_schema(batch.filter(outside), schema, path)


def _in_schema(batch: pa.RecordBatch, schema: pa.Schema, path: Path) -> pa.RecordBatch:
    try:
        columns = [
            batch.column(field.name).cast(field.type)
            if field.name in batch.schema.names
            else pa.nulls(batch.num_rows, field.type)
            for field in schema
        ]
    except pa.ArrowInvalid as problem:
        raise _changed(path, f"a value has no place in its new type ({problem})") from problem
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _refuse_lost(names: list[str], schema: pa.Schema, path: Path) -> None:
    gone = [name for name in names if name not in schema.names]
    if gone:
        raise _changed(path, f'the new rows have no column "{gone[0]}"')


def _changed(path: Path, what: str) -> WrongInput:
    return WrongInput(
        "columns_changed",
        f"Rows of {path} have to stay beside new ones, and {what}.",
        hint="Export whole days, so that no rows of theirs have to stay.",
        field="since",
    )
