"""JSON Lines and CSV: a line for each row, and parts that can be joined as bytes, compressed or not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import pyarrow as pa
from pyarrow import types

from pendant.connectors.files.columns import check_columns
from pendant.connectors.files.disk import SteadyFile, append_range
from pendant.connectors.files.json_texts import json_texts, key_text
from pendant.connectors.files.parts import PartWriter
from pendant.connectors.files.text import Array, Texts, bytes_of, compute, join_lines, pieces
from pendant.connectors.files.text_columns import number_texts, replace_where_present, time_texts
from pendant.model.pipeline import holds_record

Compression = Literal["gzip", "zstd"]

# Measured on JSON rows: zstd 1 writes 870 MB/s at 12 % of the size, zstd 3 540 MB/s at 12.5 %;
# gzip 3 200 MB/s at 14 %, gzip 6 93 MB/s at 12 %.
LEVELS: dict[Compression, int] = {"gzip": 3, "zstd": 1}


class Lines(Protocol):
    """The text of one kind of file."""

    def header(self, schema: pa.Schema) -> bytes: ...

    def lines(self, batch: pa.RecordBatch) -> Any:
        """Return a buffer with one line for each row."""
        ...


class JsonLines:
    """One object a row with the same keys in every row; what is null in the row is null in the object.

    Records as they came are lines already.
    """

    def header(self, _schema: pa.Schema) -> bytes:
        return b""

    def lines(self, batch: pa.RecordBatch) -> Any:
        if batch.num_columns == 1 and holds_record(batch.schema.field(0)):
            return bytes_of(batch.column(0))
        leads = [f"{'{' if place == 0 else ','}{key_text(name)}:" for place, name in enumerate(batch.schema.names)]
        texts = [json_texts(column, field) for column, field in zip(batch.columns, batch.schema, strict=True)]
        return join_lines(leads, texts, "}\n", null="null")


class Csv:
    """RFC 4180 with a header. Texts always stand in quotes, so that "" is an empty text and nothing is null."""

    def header(self, schema: pa.Schema) -> bytes:
        return (",".join(map(_header_name, schema.names)) + "\r\n").encode()

    def lines(self, batch: pa.RecordBatch) -> Any:
        leads = [""] + [","] * (batch.num_columns - 1)
        texts = [csv_texts(column, field) for column, field in zip(batch.columns, batch.schema, strict=True)]
        # A line with nothing on it is no row to a reader, so a lone null has to be seen.
        return join_lines(leads, texts, "\r\n", null='""' if batch.num_columns == 1 else "")


def _header_name(name: str) -> str:
    """Quote a column name where it must be; there is no null among them to be told from an empty text."""
    quoted = not name or name != name.strip() or any(character in name for character in '",\r\n')
    return '"{}"'.format(name.replace('"', '""')) if quoted else name


def csv_texts(array: Array, field: Any) -> Texts:
    kind = field.type
    if types.is_string(kind) or types.is_large_string(kind):
        return Texts(_doubled(array.cast(pa.string())), quoted=True)
    if types.is_list(kind) or types.is_struct(kind):
        return Texts(_doubled(json_texts(array, field).in_quotes()), quoted=True)
    if types.is_timestamp(kind):
        times = time_texts(array)
        return Texts(times.values if times.quoted else compute.replace_substring(times.values, '"', ""))
    if types.is_date(kind) or types.is_time(kind):
        return Texts(array.cast(pa.string()))
    return Texts(number_texts(array))


def _doubled(texts: Array) -> Array:
    return replace_where_present(texts, {'"': '""'})


class TextFormat:
    """Implements FileFormat. `compression` is "gzip", "zstd" or None.

    Every piece is a gzip member or zstd frame of its own, the header too; both formats say that a file of
    several is their contents one after another.
    """

    def __init__(self, lines: Lines, compression: Compression | None) -> None:
        self._lines = lines
        self._compression = compression

    def check(self, schema: pa.Schema) -> None:
        check_columns(schema)

    def writer(self, file: SteadyFile, schema: pa.Schema) -> PartWriter:
        return _TextWriter(file, self._header(schema), self._lines, self._compression)

    def join(self, parts: Sequence[Path], joined: Path, schema: pa.Schema) -> None:
        """Append all other parts to the first, which saves copying that one."""
        header = len(self._header(schema))
        parts[0].rename(joined)
        with SteadyFile(joined, continued=True) as file:
            for part in parts[1:]:
                append_range(part, file, start=header)

    def _header(self, schema: pa.Schema) -> bytes:
        # The member of an empty text makes an empty export a complete gzip or zstd file.
        return bytes(_packed(self._lines.header(schema), self._compression))


class _TextWriter:
    def __init__(self, file: SteadyFile, header: bytes, lines: Lines, compression: Compression | None) -> None:
        self._file = file
        self._lines = lines
        self._compression = compression
        self._header = header

    def write(self, batch: pa.RecordBatch) -> None:
        self._write_header()
        for piece in pieces(batch):
            self._file.write(_packed(self._lines.lines(piece), self._compression))

    def close(self) -> None:
        self._write_header()

    def abandon(self) -> None:
        """Nothing is open but the file, which its owner closes."""

    def _write_header(self) -> None:
        self._file.write(self._header)
        self._header = b""


def _packed(data: bytes | pa.Buffer, compression: Compression | None) -> bytes | pa.Buffer:
    if compression is None:
        return data
    return pa.Codec(compression, compression_level=LEVELS[compression]).compress(data, asbytes=True)
