"""The fast way from records to columns: Arrow's own JSON reader, which does not hold the interpreter.

It is only trusted with what it does exactly. A strict parser looks at every key first: that each record is an object
(Arrow's reader ends the process at anything else), that no field is unknown (Arrow's reader would drop it), and it
takes out the values that are kept as the bytes they are, which Arrow's reader cannot give.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
            table = arrow_json.read_json(pa.BufferReader(text), whole, self._how)
        except pa.ArrowInvalid:
            raise DoesNotFitError from None
        if table.num_rows != len(records):
            raise DoesNotFitError
        found = dict(_leaves(table.combine_chunks().to_batches()[0].to_struct_array(), ()))
        if any(not _in_bounds(found[column.path]) for column in self._plain if column.type in TIMES):
            raise DoesNotFitError
        return found


def _fields(tree: Tree) -> Iterator[pa.Field[Any]]:
    for key, child in tree.items():
        yield pa.field(key, ARROW_TYPES[child.type] if isinstance(child, Column) else pa.struct(list(_fields(child))))


def _check_utf8(text: bytes) -> None:
    ends = pa.array([0, len(text)], pa.int32()).buffers()[1]
    pa.Array.from_buffers(pa.string(), 1, [None, ends, pa.py_buffer(text)]).validate(full=True)


def _leaves(array: pa.StructArray, above: Path) -> Iterator[tuple[Path, pa.Array[Any]]]:
    for field, child in zip(array.type, array.flatten(), strict=True):
        if isinstance(child, pa.StructArray):
            yield from _leaves(child, (*above, field.name))
        else:
            yield (*above, field.name), child


def _in_bounds(times: pa.Array[Any]) -> bool:
    ends: Mapping[str, int | None] = pc.min_max(times, options=_NOT_EMPTY).as_py()
    return ends["min"] is None or (ends["min"] >= TIME_MIN_MS and (ends["max"] or 0) <= TIME_MAX_MS)
