"""Rows as lines of text, built column by column: no row ever becomes a Python object.

A column becomes an array of texts, and one call joins texts and separators into lines. Measured on 28-column
event rows, this is twice as fast as DuckDB's COPY and fifteen times as fast as encoding Python objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# An Arrow array, and Arrow's functions: pyarrow's stubs know fewer argument types than they take.
Array = Any
compute: Any = pc

ROWS_AT_ONCE = 16_384
SCALARS_MAX = 4_096
BYTES_AT_ONCE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one column; null stays null. `quoted` says that quotes must still be put around each."""

    values: Array
    quoted: bool = False

    def in_quotes(self) -> Array:
        return joined('"', self.values, '"') if self.quoted else self.values


def joined(*parts: Array | str, **options: Any) -> Array:
    """Join texts row by row; a text of Python stands in every row."""
    made = [scalar(part) if isinstance(part, str) else part for part in (*parts, "")]
    return compute.binary_join_element_wise(*made, **options)


@lru_cache(SCALARS_MAX)
def scalar(text: str) -> Array:
    """Return what Arrow would make of `text` at every call anew, which costs as much as a thousand rows."""
    return pa.scalar(text, pa.string())


def join_lines(leads: Sequence[str], columns: Iterable[Texts], end: str, null: str) -> Any:
    """Return the bytes of all lines: before each column its lead, after the last one `end`.

    Quotes move into the leads where a column has no null, which saves a pass over its texts; a column of nothing
    else (but for the first: something has to say how many rows there are) becomes part of them altogether.
    """
    arguments: list[Array | str] = []
    open_quote = ""
    for lead, column in zip(leads, columns, strict=True):
        if arguments and column.values.null_count == len(column.values):
            open_quote += lead + null
        elif column.quoted and column.values.null_count == 0:
            arguments += [f'{open_quote}{lead}"', column.values]
            open_quote = '"'
        else:
            arguments += [open_quote + lead, column.in_quotes()]
            open_quote = ""
    arguments.append(open_quote + end)
    return bytes_of(joined(*arguments, null_handling="replace", null_replacement=null))


def bytes_of(texts: Array) -> Any:
    """Return, as a buffer, the bytes of all texts one after another, without a copy."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    data = texts.buffers()[2]
    if data is None or len(texts) == 0:
        return pa.py_buffer(b"")
    return data.slice(int(offsets[0]), int(offsets[-1] - offsets[0]))


def pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut a batch so that one piece stays in the processor's cache and its text below 2 GiB."""
    rows = ROWS_AT_ONCE
    if batch.nbytes > BYTES_AT_ONCE:
        rows = max(1, min(rows, batch.num_rows * BYTES_AT_ONCE // batch.nbytes))
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)
