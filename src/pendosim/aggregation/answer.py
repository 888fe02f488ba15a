"""From rows to the bytes of an answer, in pieces of about a megabyte."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from pendosim.aggregation.pipeline import Pipeline
from pendosim.aggregation.query import Rows
from pendosim.aggregation.selection import Selection
from pendosim.errors import Refused
from pendosim.tables import BLOCK_BYTES, Block, Indices
from pendosim.values import Row, to_json

_ROWS_AT_ONCE = 400


class Piece(NamedTuple):
    data: bytes | memoryview
    ends: Sequence[int] | Indices
    """Places where a row has just ended (before its comma)."""


class Framing(NamedTuple):
    """How a JSON answer begins and ends."""

    head: bytes
    tail: bytes


def answered(pipeline: Pipeline, *, as_csv: bool) -> Iterator[Piece]:
    """Raise Refused where the answer takes too long, is too large or is nested too deeply."""
    try:
        for piece in csv_pieces(pipeline) if as_csv else json_pieces(pipeline):
            pipeline.environment.effort.sent(len(piece.data))
            yield piece
    except RecursionError as deep:
        raise Refused("the pipeline, or a value of the answer, is nested too deeply") from deep


def json_pieces(pipeline: Pipeline) -> Iterator[Piece]:
    window = pipeline.window
    if pipeline.source is not None and window is not None and window.iterative:
        yield Piece(b"[", ())
        for number, bucket in enumerate(window.each_bucket(pipeline.environment)):
            before = b"," if number else b""
            framing = Framing(before + b'{"startTime":%d,"results":[' % bucket.start, b"]}")
            yield from framed(pipeline.rows(bucket), framing)
        yield Piece(b"]", ())
        return
    start = b"" if window is None else b'"startTime":%d,' % window.start
    yield from framed(pipeline.rows(), Framing(b"{" + start + b'"results":[', b"]}"))


def framed(rows: Rows, framing: Framing) -> Iterator[Piece]:
    """Strip the last row of its comma: each block waits until it is known whether another follows."""
    yield Piece(framing.head, ())
    waiting: Block | None = None
    for block in _blocks(rows):
        if waiting is not None:
            yield Piece(*waiting)
        waiting = block
    if waiting is not None:
        yield Piece(waiting.data[:-1], waiting.ends)
    yield Piece(framing.tail, ())


def _blocks(rows: Rows) -> Iterator[Block]:
    if isinstance(rows, Selection):
        yield from rows.table.blocks(rows.indices)
        return
    while encoded := _encoded(rows):
        yield _joined(encoded)


def _encoded(rows: Iterator[Row]) -> list[bytes]:
    """Take the next rows, until there are many or they are large."""
    found, size = [], 0
    for row in islice(rows, _ROWS_AT_ONCE):
        found.append(to_json(row))
        size += len(found[-1])
        if size > BLOCK_BYTES:
            break
    return found


def _joined(encoded: list[bytes]) -> Block:
    ends, place = [], 0
    for row in encoded:
        ends.append(place + len(row))
        place += len(row) + 1
    return Block(memoryview(b",".join([*encoded, b""])), ends)


def csv_pieces(pipeline: Pipeline) -> Iterator[Piece]:
    """RFC 4180; columns in the order they are first seen; lists and objects as compact JSON."""
    if pipeline.window is not None and pipeline.window.iterative:
        raise Refused("text/csv cannot be combined with an iterative period")
    yield from csv_of(list(pipeline.rows()))


def csv_of(rows: list[Row], first: Sequence[str] = ()) -> Iterator[Piece]:
    """`first` are columns that stand there even if there is no row."""
    columns = list(dict.fromkeys([*first, *(name for row in rows for name in row)]))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in columns])
        if text.tell() > BLOCK_BYTES:
            yield Piece(text.getvalue().encode(), ())
            text.seek(0)
            text.truncate()
    yield Piece(text.getvalue().encode(), ())


def _cell(value: object) -> object:
    if value is None or isinstance(value, str):
        return value
    return to_json(value).decode()
