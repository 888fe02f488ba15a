"""Whole records in JSON become Arrow record batches. Three ways, each slower and more patient than the one before.

1. Straight: pyarrow reads typed columns; a strict parser, or pyarrow itself, refuses any field nobody declared.
2. With the rest: the same, and what nobody declared is gathered record by record into `other_fields`.
3. Careful (careful.py): record by record, because some value is not what its column declares.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
from msgspec import UNSET, Raw

from pendant.connectors.declaration import ColumnType
from pendant.connectors.pendo.careful import TIME_MAX_MS, TIME_MIN_MS, any_text, split, undeclared
from pendant.connectors.pendo.layout import TIMES, WIRE_TYPES, Column, Layout, Tree, members_to
from pendant.errors import BrokenAnswer
from pendant.model.pipeline import RunMeter
from pendant.model.run import Note

_OPEN_BRACE = ord("{")


class _DoesNotFit(Exception):
    """A value is not of its declared type, or a field is not declared."""


Arrays = dict[str, pa.Array]


class Converter:
    """Turns lists of records into batches of `layout.schema`. Nothing that was received is lost on any way."""

    def __init__(self, layout: Layout, meter: RunMeter) -> None:
        self._layout = layout
        self._meter = meter
        self._straight = True

    def batch(self, records: Sequence[Raw]) -> pa.RecordBatch:
        records, text = self._readable(records)
        arrays, rest = self._arrays(records, text)
        self._straight = rest is None
        others = pa.nulls(len(records), pa.string()) if rest is None else pa.array(rest, pa.binary()).cast(pa.string())
        columns = [_finished(column, arrays[column.name]) for column in self._layout.columns]
        return pa.RecordBatch.from_arrays([*columns, others], schema=self._layout.schema)

    def _readable(self, records: Sequence[Raw]) -> tuple[Sequence[Raw], bytes]:
        text = b"\n".join(records)
        if not _is_utf8(text):
            # Arrow would take the bytes as they are, and whoever reads the file later would fail on them.
            self._meter.note(Note("text_repaired", "Text that is not valid UTF-8 was received and repaired."))
            records = [Raw(bytes(record).decode("utf-8", "replace").encode()) for record in records]
            text = b"\n".join(records)
        return records, text

    def _arrays(self, records: Sequence[Raw], text: bytes) -> tuple[Arrays, list[bytes | None] | None]:
        if self._straight:
            try:
                return self._read(records, text, strict=True), None
            except _DoesNotFit:
                pass
        try:
            arrays = self._read(records, text, strict=False)
        except _DoesNotFit:
            return self._carefully(records)
        rest = [undeclared(self._layout.tree, record) for record in records]
        return arrays, rest if any(rest) else None

    def _read(self, records: Sequence[Raw], text: bytes, *, strict: bool) -> Arrays:
        arrays: Arrays = {}
        if self._layout.from_bytes:
            arrays |= self._from_bytes(records, strict=strict)
            strict = False
        else:
            _refuse_other_than_objects(records)
        batch = _read_json(records, text, self._layout.wire_schema, strict=strict)
        _collect(self._layout.tree, batch.schema.names, batch.columns, arrays)
        for column in self._layout.columns:
            if column.type in TIMES and not _are_times(arrays[column.name]):
                raise _DoesNotFit
        return arrays

    def _from_bytes(self, records: Sequence[Raw], *, strict: bool) -> Arrays:
        layout = self._layout
        decoder, tree = (layout.strict, layout.tree) if strict else (layout.lenient, layout.bytes_tree)
        try:
            rows = decoder.decode(b"".join((b"[", b",".join(records), b"]")))
        except msgspec.ValidationError:
            raise _DoesNotFit from None
        return {column.name: _picked(column, rows, members_to(tree, column.path)) for column in layout.from_bytes}

    def _carefully(self, records: Sequence[Raw]) -> tuple[Arrays, list[bytes | None] | None]:
        _refuse_other_than_objects(records)
        rows: list[dict[str, Any]] = [{} for _ in records]
        rest = [
            split(self._layout.tree, record, row, self._kept_aside) for record, row in zip(records, rows, strict=True)
        ]
        arrays = {
            column.name: pa.array([row.get(column.name) for row in rows], WIRE_TYPES[column.type])
            for column in self._layout.columns
        }
        return arrays, rest if any(rest) else None

    def _kept_aside(self, column: Column, value: bytes) -> None:
        self._meter.note(
            Note(
                "value_kept_aside",
                f"{column.name}: {_kind(value)} came where {column.type.value} is declared; it is kept in other_fields.",
            )
        )


def _is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _refuse_other_than_objects(records: Sequence[Raw]) -> None:
    # pyarrow's reader does not refuse them: it crashes.
    if not all(memoryview(record)[0] == _OPEN_BRACE for record in records):
        raise BrokenAnswer("record_not_object", "The answer holds something that is not a record among its records.")


def _read_json(records: Sequence[Raw], text: bytes, schema: pa.Schema, *, strict: bool) -> pa.RecordBatch:
    # Line breaks inside strings are always escaped, so these stand between the tokens of one record.
    pretty = b"\n" in b"".join(records)
    read = pj.ReadOptions(use_threads=False, block_size=len(text) + 1)
    parse = pj.ParseOptions(schema, newlines_in_values=pretty, unexpected_field_behavior="error" if strict else "ignore")
    try:
        table = pj.read_json(pa.BufferReader(text), read_options=read, parse_options=parse)
    except pa.ArrowInvalid:
        raise _DoesNotFit from None
    assert table.num_rows == len(records)
    return table.combine_chunks().to_batches()[0]


def _collect(tree: Tree, names: Sequence[str], arrays: Sequence[pa.Array], found: Arrays) -> None:
    for name, array in zip(names, arrays, strict=True):
        child = tree[name]
        if isinstance(child, dict):
            _collect(child, [field.name for field in array.type], array.flatten(), found)
        else:
            found[child.name] = array


def _picked(column: Column, rows: list[Any], members: list[str]) -> pa.Array:
    for member in members[:-1]:
        rows = [getattr(row, member) if row else None for row in rows]
    last = members[-1]
    values = [getattr(row, last) if row else None for row in rows]
    texts = [None if value is None or value is UNSET else bytes(value) for value in values]
    if column.type == ColumnType.ANY_TEXT:
        return pa.array([None if text in (None, b"null") else any_text(text) for text in texts], pa.string())
    return pa.array([None if text == b"null" else text for text in texts], pa.binary()).cast(pa.string())


def _are_times(array: pa.Array) -> bool:
    ends = pc.min_max(array).as_py()
    return ends["min"] is None or (ends["min"] >= TIME_MIN_MS and ends["max"] <= TIME_MAX_MS)


def _finished(column: Column, array: pa.Array) -> pa.Array:
    if column.type == ColumnType.TIME_OR_NEVER:
        array = pc.if_else(pc.equal(array, 0), pa.scalar(None, pa.int64()), array)
    return array.view(column.arrow_type) if column.type in TIMES else array


def _kind(value: bytes) -> str:
    kinds = {b'"': "a text", b"{": "an object", b"[": "a list", b"t": "true", b"f": "false"}
    return kinds.get(value[:1], "a number")
