"""The fast way from records to columns: Arrow's own JSON reader, which does not hold the interpreter.

It is only trusted with what it does exactly. A strict parser looks at every key first: that each record is an object
(Arrow's reader ends the process at anything else), that no field is unknown (Arrow's reader would drop it), and it
takes out the values that are kept as the bytes they are, which Arrow's reader cannot give.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Raw
from pyarrow import json as arrow_json

from pendant.connectors.pendo.layout import ARROW_TYPES, TIMES, Column, Layout, Tree, tree_of
from pendant.connectors.pendo.reader import TIME_MAX_MS, TIME_MIN_MS, KeysReader, Path, Values, is_bytes

_NOT_EMPTY = pc.ScalarAggregateOptions(skip_nulls=True, min_count=1)


class DoesNotFitError(Exception):
    """A value is not of its declared type, or a field is not known: a more patient way is to be taken."""


class StraightReader:
    """Reads records that hold the fields of a layout, and those of `met`, as they are declared, and no others."""

    def __init__(self, layout: Layout, met: Sequence[Column]) -> None:
        known = [*layout.columns, *met]
        self._keys = KeysReader(tree_of(known), [column.path for column in known if is_bytes(column)])
        self._plain = [column for column in layout.columns if not is_bytes(column)]
        schema = pa.schema(list(_fields(tree_of(self._plain))))
        self._how = arrow_json.ParseOptions(
            explicit_schema=schema, unexpected_field_behavior="ignore", newlines_in_values=True
        )

    def keys(self, records: Sequence[Raw]) -> dict[Path, Values]:
        """Return the values that are kept as bytes, by their paths. Raises DoesNotFitError for an unknown field."""
        try:
            return self._keys.values(records)
        except msgspec.ValidationError:
            raise DoesNotFitError from None

    def arrays(self, records: Sequence[Raw]) -> dict[Path, pa.Array[Any]]:
        """Return the arrays of the typed columns, times as integers, of records whose `keys` were looked at.

        Raises DoesNotFitError, or ArrowInvalid for text that is not valid UTF-8.
        """
        if not self._plain:
            return {}
        text = b"\n".join(records)
        _check_utf8(text)
        whole = arrow_json.ReadOptions(use_threads=False, block_size=len(text) + 1)
        try:
            table = arrow_json.read_json(pa.BufferReader(text), whole, self._how)  # type: ignore[arg-type] # not in the stubs
        except pa.ArrowInvalid:
            raise DoesNotFitError from None
        if table.num_rows != len(records):
            raise DoesNotFitError
        found = dict(_leaves(table.schema, [column.chunks[0] for column in table.columns], ()))
        times = [found[column.path] for column in self._plain if column.type in TIMES]
        if times and not _in_bounds(pa.chunked_array(times)):
            raise DoesNotFitError
        return found


def _fields(tree: Tree) -> Iterator[pa.Field[Any]]:
    for key, child in tree.items():
        yield pa.field(key, ARROW_TYPES[child.type] if isinstance(child, Column) else pa.struct(list(_fields(child))))


def _check_utf8(text: bytes) -> None:
    ends = pa.array([0, len(text)], pa.int32()).buffers()[1]
    pa.Array.from_buffers(pa.string(), 1, [None, ends, pa.py_buffer(text)]).validate(full=True)


def _leaves(
    fields: Iterable[pa.Field[Any]], arrays: Sequence[pa.Array[Any]], above: Path
) -> Iterator[tuple[Path, pa.Array[Any]]]:
    for field, array in zip(fields, arrays, strict=True):
        if isinstance(array, pa.StructArray):
            # Flattening lays the nulls of the struct over those of its members, where it has any.
            inner = array.flatten() if array.null_count else [array.field(place) for place in range(len(array.type))]
            yield from _leaves(array.type, inner, (*above, field.name))
        else:
            yield (*above, field.name), array


def _in_bounds(times: pa.ChunkedArray[Any]) -> bool:
    ends: Any = pc.min_max(times, options=_NOT_EMPTY)
    first, last = ends["min"].as_py(), ends["max"].as_py()
    return first is None or (first >= TIME_MIN_MS and last <= TIME_MAX_MS)
