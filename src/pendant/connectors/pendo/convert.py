"""Whole records in JSON become Arrow record batches. Three ways, each slower and more patient than the one before.

1. Straight: pyarrow reads typed columns, and a strict parser (or pyarrow itself) refuses fields nobody knows.
   Known are the declared fields and the undeclared ones met before.
2. Gathering: what nobody declared is gathered record by record, and its paths are remembered for the next batch.
3. Careful (careful.py): record by record, because some value is not what its column declares.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any, Literal, TypeAlias, cast

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
from msgspec import Raw

from pendant.connectors.declaration import ColumnType
from pendant.connectors.pendo.careful import TIME_MAX_MS, TIME_MIN_MS, any_text, paths_in, split, undeclared
from pendant.connectors.pendo.layout import TIMES, WIRE_TYPES, BytesReader, Column, Layout, Tree, is_plain, tree_of
from pendant.errors import BrokenAnswer
from pendant.model.pipeline import RunMeter
from pendant.model.run import Note

# More than that is not forgotten fields but keys that are data; they are gathered record by record for good.
MET_PATHS_MAX = 100
_OPEN_BRACE = ord("{")

Arrays: TypeAlias = "dict[str, pa.Array[Any]]"
Rest = list[bytes | None]
Path = tuple[str, ...]


class _DoesNotFitError(Exception):
    """A value is not of its declared type, or a field is not known."""


class _Known:
    """The declared fields and the undeclared ones met so far. Replaced as a whole, never changed."""

    def __init__(self, layout: Layout, met: frozenset[Path] = frozenset()) -> None:
        self.met = sorted(met)
        self.by_bytes = bool(layout.from_bytes or met)
        # A field that was met is read like a JSON column: as the bytes it is.
        also = [Column("", path, ColumnType.JSON) for path in self.met]
        paths = [column.path for column in [*layout.from_bytes, *also]]
        self.reader = BytesReader(tree_of([*layout.columns, *also]), paths, strict=True)


class Converter:
    """Turns lists of records into batches of `layout.schema`; nothing that was received is lost on any way.

    Safe to use from several threads: what one of them learns too late costs the others time, nothing else.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._known = _Known(layout)
        self._lenient = BytesReader(layout.tree, [column.path for column in layout.from_bytes], strict=False)

    def batch(self, records: Sequence[Raw], meter: RunMeter) -> pa.RecordBatch:
        try:
            return self._batch(records, meter)
        except (pa.ArrowInvalid, UnicodeDecodeError):
            # Arrow would take the bytes as they are, and whoever reads the file later would fail on them.
            meter.note(Note("text_repaired", "Text that is not valid UTF-8 came; the bytes at fault became \ufffd."))
            repaired = [Raw(bytes(record).decode("utf-8", "replace").encode()) for record in records]
            return self._batch(repaired, meter)

    def _batch(self, records: Sequence[Raw], meter: RunMeter) -> pa.RecordBatch:
        text = b" ".join(records)
        try:
            arrays, rest = self._straight(records, text)
        except _DoesNotFitError:
            arrays, rest = self._patiently(records, text, meter)
        others = pa.array(rest, pa.binary()).cast(pa.string()) if rest else pa.nulls(len(records), pa.string())
        columns = [_finished(column, arrays[column.name]) for column in self._layout.columns]
        batch = pa.RecordBatch.from_arrays([*columns, others], schema=self._layout.schema)
        batch.validate(full=True)
        return batch

    def _straight(self, records: Sequence[Raw], text: bytes) -> tuple[Arrays, Rest | None]:
        known = self._known
        if not known.by_bytes:
            _refuse_other_than_objects(records)
            return self._typed(records, text, strict=True), None
        values = _values(known.reader, records)
        arrays = self._bytes_columns(values) | self._typed(records, text, strict=False)
        return arrays, _assembled(known.met, values, len(records)) if known.met else None

    def _patiently(self, records: Sequence[Raw], text: bytes, meter: RunMeter) -> tuple[Arrays, Rest]:
        _refuse_other_than_objects(records)
        try:
            arrays = self._bytes_columns(_values(self._lenient, records))
            arrays |= self._typed(records, text, strict=False)
        except _DoesNotFitError:
            return self._carefully(records, meter)
        rest = [undeclared(self._layout.tree, record) for record in records]
        self._remember(rest)
        return arrays, rest

    def _remember(self, rest: Rest) -> None:
        found = {path for one in rest if one for path in paths_in(self._layout.tree, one) if is_plain(path[-1])}
        met = found | set(self._known.met)
        if len(met) <= MET_PATHS_MAX and met != set(self._known.met):
            self._known = _Known(self._layout, frozenset(met))

    def _carefully(self, records: Sequence[Raw], meter: RunMeter) -> tuple[Arrays, Rest]:
        def kept_aside(column: Column, value: bytes) -> None:
            meter.note(_aside_note(column, value))

        rows: list[dict[str, Any]] = [{} for _ in records]
        rest = [split(self._layout.tree, *pair, kept_aside) for pair in zip(records, rows, strict=True)]
        arrays = {
            column.name: pa.array([row.get(column.name) for row in rows], WIRE_TYPES[column.type])
            for column in self._layout.columns
        }
        return arrays, rest

    def _bytes_columns(self, values: dict[Path, Rest]) -> Arrays:
        return {column.name: _bytes_array(column, values[column.path]) for column in self._layout.from_bytes}

    def _typed(self, records: Sequence[Raw], text: bytes, *, strict: bool) -> Arrays:
        arrays: Arrays = {}
        batch = _read_json(records, text, self._layout.wire_schema, strict=strict)
        _collect(self._layout.tree, batch.schema.names, batch.columns, arrays)
        for column in self._layout.columns:
            if column.type in TIMES and not _are_times(arrays[column.name]):
                raise _DoesNotFitError
        return arrays


def _refuse_other_than_objects(records: Sequence[Raw]) -> None:
    # pyarrow's reader does not refuse them: it crashes.
    if not all(memoryview(record)[0] == _OPEN_BRACE for record in records):
        raise BrokenAnswer("record_not_object", "The answer holds something that is not a record among its records.")


def _values(reader: BytesReader, records: Sequence[Raw]) -> dict[Path, Rest]:
    try:
        return reader.read(records)
    except msgspec.ValidationError:
        raise _DoesNotFitError from None


def _read_json(records: Sequence[Raw], text: bytes, schema: pa.Schema, *, strict: bool) -> pa.RecordBatch:
    # Line breaks inside strings are always escaped, so these stand between the tokens of one record.
    pretty = b"\n" in text
    read = pj.ReadOptions(use_threads=False, block_size=len(text) + 1)
    unknown: Literal["error", "ignore"] = "error" if strict else "ignore"
    parse = pj.ParseOptions(schema, newlines_in_values=pretty, unexpected_field_behavior=unknown)
    try:
        # The stubs know no Arrow streams.
        table = pj.read_json(cast(IO[Any], pa.BufferReader(text)), read_options=read, parse_options=parse)
    except pa.ArrowInvalid:
        raise _DoesNotFitError from None
    assert table.num_rows == len(records)
    return table.combine_chunks().to_batches()[0]


def _collect(tree: Tree, names: Sequence[str], arrays: Sequence[pa.Array[Any]], found: Arrays) -> None:
    for name, array in zip(names, arrays, strict=True):
        child = tree[name]
        if isinstance(child, dict):
            assert isinstance(array, pa.StructArray)
            _collect(child, [field.name for field in array.type.fields], array.flatten(), found)
        else:
            found[child.name] = array


def _bytes_array(column: Column, texts: Rest) -> pa.Array[Any]:
    if column.type == ColumnType.ANY_TEXT:
        return pa.array([None if text in (None, b"null") else any_text(text) for text in texts], pa.string())
    return pa.array([None if text == b"null" else text for text in texts], pa.binary()).cast(pa.string())


def _assembled(met: Sequence[Path], values: dict[Path, Rest], rows: int) -> Rest:
    """Put the undeclared values of each row together again, under their paths."""
    found: list[dict[str, Any] | None] = [None] * rows
    for path in met:
        for place, value in enumerate(values[path]):
            if value is not None:
                node = found[place] = found[place] or {}
                for key in path[:-1]:
                    node = node.setdefault(key, {})
                node[path[-1]] = Raw(value)
    return [None if one is None else msgspec.json.encode(one) for one in found]


def _are_times(array: pa.Array[Any]) -> bool:
    low, high = pc.min(array).as_py(), pc.max(array).as_py()
    return low is None or (low >= TIME_MIN_MS and high <= TIME_MAX_MS)


def _finished(column: Column, array: pa.Array[Any]) -> pa.Array[Any]:
    if column.type == ColumnType.TIME_OR_NEVER:
        array = pc.if_else(pc.equal(array, pa.scalar(0)), pa.scalar(None, pa.int64()), array)
    return array.view(column.arrow_type) if column.type in TIMES else array


def _aside_note(column: Column, value: bytes) -> Note:
    kinds = {b'"': "a text", b"{": "an object", b"[": "a list", b"t": "true", b"f": "false"}
    kind = kinds.get(value[:1], "a number that does not fit")
    return Note(
        "value_kept_aside",
        f"{column.name}: {kind} came where {column.type.value} is declared; it is kept in other_fields.",
    )
