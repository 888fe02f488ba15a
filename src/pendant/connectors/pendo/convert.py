"""Records in JSON become Arrow record batches. Three ways, each slower and more patient than the one before.

1. Straight (straight.py): knows the declared fields, and the undeclared ones met before, and no others.
2. Gathering: what nobody declared is gathered record by record, and its paths are remembered for the next time.
3. Careful (careful.py): record by record, because some value is not what its column declares.

A piece that does not go straight is tried again in small groups, so that one odd record slows down few others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Raw

from pendant.connectors.declaration import ColumnType
from pendant.connectors.pendo.careful import any_text, paths_in, split, undeclared
from pendant.connectors.pendo.layout import ARROW_TYPES, TIMES, Column, Layout, is_plain
from pendant.connectors.pendo.reader import RECORDS_AT_ONCE, Path, RecordReader, Values, is_bytes
from pendant.connectors.pendo.records import TEXT_REPAIRED, not_a_record
from pendant.connectors.pendo.straight import DoesNotFitError, StraightReader
from pendant.model.pipeline import RunMeter
from pendant.model.run import Note

# More than that is not forgotten fields but keys that are data; they are gathered record by record for good.
MET_PATHS_MAX = 100
_OPEN_BRACE = ord("{")

Rest = list[bytes | None]


class _Known:
    """The declared fields and the undeclared ones met so far. Replaced as a whole, never changed."""

    def __init__(self, layout: Layout, met: frozenset[Path] = frozenset()) -> None:
        self.met = sorted(met)
        # A field that was met is read like a JSON column: as the bytes it is.
        self.reader = StraightReader(layout, [Column("", path, ColumnType.JSON) for path in self.met])


class Piece(NamedTuple):
    """Some records, and what a look at their keys gave: the values kept as bytes, or None where a field is unknown."""

    records: Sequence[Raw]
    known: _Known
    kept: Mapping[Path, Values] | None


class Converter:
    """Turns lists of records into batches of `layout.schema`; nothing that was received is lost on any way.

    Safe to use from several threads: what one of them learns too late costs the others time, nothing else.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._known = _Known(layout)
        self._lenient = RecordReader(layout.tree)
        types = [column.type for column in layout.columns]
        self._nevers = [place for place, type_ in enumerate(types) if type_ == ColumnType.TIME_OR_NEVER]

    def look(self, records: Sequence[Raw]) -> Piece:
        """Look at the keys of records. A step of its own, because it holds the interpreter and the next does not:
        the thread that fetches has time for it.
        """
        known = self._known
        try:
            return Piece(records, known, known.reader.keys(records))
        except DoesNotFitError:
            return Piece(records, known, None)

    def batch(self, piece: Piece, meter: RunMeter) -> pa.RecordBatch:
        try:
            plain = self._straight(piece)
        except (DoesNotFitError, pa.ArrowInvalid):
            starts = range(0, len(piece.records), RECORDS_AT_ONCE)
            groups = [self._group(piece.records[start : start + RECORDS_AT_ONCE], meter) for start in starts]
            plain = pa.Table.from_batches(groups).combine_chunks().to_batches()[0]
        return self._finished(plain)

    def _group(self, records: Sequence[Raw], meter: RunMeter) -> pa.RecordBatch:
        try:
            return self._converted(records, meter)
        except (pa.ArrowInvalid, UnicodeDecodeError):
            meter.note(TEXT_REPAIRED)
            repaired = [Raw(bytes(record).decode("utf-8", "replace").encode()) for record in records]
            return self._converted(repaired, meter)

    def _converted(self, records: Sequence[Raw], meter: RunMeter) -> pa.RecordBatch:
        with suppress(DoesNotFitError):
            return self._straight(self.look(records))
        with suppress(DoesNotFitError):
            return self._gathering(records, meter)
        return self._careful(records, meter)

    def _straight(self, piece: Piece) -> pa.RecordBatch:
        if piece.kept is None:
            raise DoesNotFitError
        arrays = piece.known.reader.arrays(piece.records)
        for column in self._layout.columns:
            if is_bytes(column):
                arrays[column.path] = _array(column, piece.kept[column.path])
        rows = len(piece.records)
        return self._assembled(arrays, _rest_of(piece.known.met, piece.kept, rows), rows)

    def _gathering(self, records: Sequence[Raw], meter: RunMeter) -> pa.RecordBatch:
        try:
            columns = self._lenient.columns(records)
        except msgspec.ValidationError:
            raise DoesNotFitError from None
        rest = [undeclared(self._layout.tree, record) for record in records]
        batch = self._assembled(self._arrays(columns), rest, len(records))
        self._remember(rest, meter)
        return batch

    def _remember(self, rest: Rest, meter: RunMeter) -> None:
        paths = self._told(rest, meter)
        met = {path for path in paths if is_plain(path[-1])} | set(self._known.met)
        if len(met) <= MET_PATHS_MAX and met != set(self._known.met):
            self._known = _Known(self._layout, frozenset(met))

    def _told(self, rest: Rest, meter: RunMeter) -> set[Path]:
        """Return the paths of what no column holds, and let the meter know of them."""
        paths = {path for one in rest if one for path in paths_in(self._layout.tree, one)}
        meter.undeclared(".".join(path) for path in paths)
        return paths

    def _careful(self, records: Sequence[Raw], meter: RunMeter) -> pa.RecordBatch:
        def kept_aside(column: Column, value: bytes) -> None:
            meter.note(_aside_note(column, value))

        if not all(memoryview(record)[0] == _OPEN_BRACE for record in records):
            raise not_a_record()
        rows: list[dict[Path, Any]] = [{} for _ in records]
        rest = [split(self._layout.tree, *pair, kept_aside) for pair in zip(records, rows, strict=True)]
        self._told(rest, meter)
        columns = {one.path: [row.get(one.path) for row in rows] for one in self._layout.columns}
        return self._assembled(self._arrays(columns), rest, len(records))

    def _finished(self, plain: pa.RecordBatch) -> pa.RecordBatch:
        """Make times of integers, and nothing of 0 where it means never."""
        arrays = plain.columns
        if self._nevers:
            # All in one call: every call of Arrow gives the interpreter away, and getting it back takes time.
            values = pa.concat_arrays([arrays[place] for place in self._nevers])
            values = pc.if_else(pc.equal(values, _ZERO), _NULL, values)
            for number, place in enumerate(self._nevers):
                arrays[place] = values.slice(number * plain.num_rows, plain.num_rows)
        for place, column in enumerate(self._layout.columns):
            if column.type in TIMES:
                arrays[place] = arrays[place].view(column.arrow_type)
        return pa.RecordBatch.from_arrays(arrays, schema=self._layout.schema)

    def _arrays(self, columns: Mapping[Path, Values]) -> dict[Path, pa.Array[Any]]:
        return {column.path: _array(column, columns[column.path]) for column in self._layout.columns}

    def _assembled(self, by_path: Mapping[Path, pa.Array[Any]], rest: Rest | None, rows: int) -> pa.RecordBatch:
        """Return a batch of `plain_schema`."""
        arrays = [by_path[column.path] for column in self._layout.columns]
        others = pa.array(rest, pa.binary()).cast(pa.string()) if rest else pa.nulls(rows, pa.string())
        return pa.RecordBatch.from_arrays([*arrays, others], schema=self._layout.plain_schema)


def _array(column: Column, values: Values) -> pa.Array[Any]:
    try:
        if column.type == ColumnType.JSON:
            return pa.array([_known_bytes(value) for value in values], pa.binary()).cast(pa.string())
        if column.type == ColumnType.ANY_TEXT:
            values = [None if (raw := _known_bytes(value)) is None else any_text(raw) for value in values]
        return pa.array(values, ARROW_TYPES[column.type])
    except OverflowError:
        # An integer of more than 64 bits.
        raise DoesNotFitError from None


def _known_bytes(value: bytes | None) -> bytes | None:
    return None if not value or value == b"null" else value


_ZERO = pa.scalar(0, pa.int64())
_NULL = pa.scalar(None, pa.int64())


def _rest_of(met: Sequence[Path], columns: Mapping[Path, Values], rows: int) -> Rest | None:
    """Put the undeclared values of each row together again, under their paths."""
    if not met:
        return None
    found: list[dict[str, Any] | None] = [None] * rows
    for path in met:
        for place, value in enumerate(columns[path]):
            if value:
                node = found[place] = found[place] or {}
                for key in path[:-1]:
                    node = node.setdefault(key, {})
                node[path[-1]] = Raw(value)
    return [None if one is None else msgspec.json.encode(one) for one in found]


def _aside_note(column: Column, value: bytes) -> Note:
    kinds = {b'"': "a text", b"{": "an object", b"[": "a list", b"t": "true", b"f": "false"}
    kind = kinds.get(value[:1], "a number that does not fit")
    return Note(
        "value_kept_aside",
        f"{column.name}: {kind} came where {column.type.value} is declared; it is kept in other_fields.",
    )
