"""How PostgreSQL says what loading a table needs. Type names are those of `format_type`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

import pyarrow as pa
from pyarrow import types

from pendant.connectors.files.text_columns import replace_where_present
from pendant.connectors.loading import moment
from pendant.connectors.tables.adbc import as_texts, is_json
from pendant.connectors.tables.session import Column, quoted

# A longer name would be cut by the server, where two columns may become one.
NAME_BYTES_MAX = 63
_HASH_LENGTH = 8
_WITH_ZONE, _WITHOUT_ZONE = "timestamp with time zone", "timestamp without time zone"
_PLAIN: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (types.is_null, ""),
    (types.is_boolean, "boolean"),
    (types.is_uint64, "numeric"),
    (types.is_decimal, "numeric"),
    (lambda kind: types.is_int64(kind) or types.is_uint32(kind), "bigint"),
    (lambda kind: types.is_int32(kind) or types.is_uint16(kind), "integer"),
    (types.is_integer, "smallint"),
    (types.is_float64, "double precision"),
    (types.is_floating, "real"),
    (types.is_date, "date"),
    (types.is_time, "time without time zone"),
)


class PostgreSqlDialect:
    """Implements tables.session.Dialect."""

    row_number = "ctid"
    order = ""
    integers = ("smallint", "integer", "bigint")
    numbers = ("real", "double precision")
    text = "text"

    def column_type(self, field: Any) -> str:
        if is_json(field):
            return "json"
        if types.is_timestamp(field.type):
            return _WITH_ZONE if field.type.tz else _WITHOUT_ZONE
        return next((name for holds, name in _PLAIN if holds(field.type)), self.text)

    def same_name(self, name: str) -> str:
        return name

    def cast(self, expression: str, old: str, new: str) -> str:
        return expression if old == new else f"CAST({expression} AS {new})"

    def moment(self, milliseconds: int) -> str:
        return f"TIMESTAMPTZ '{moment(milliseconds).isoformat(sep=' ')}'"

    def widen(self, table: str, column: Column, wider: str) -> Sequence[str]:
        name = quoted(column.name)
        return [f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {wider} USING {self.cast(name, column.type, wider)}"]


def stored_type(field: Any) -> pa.DataType:
    """Return the Arrow type in which a column reaches PostgreSQL."""
    kind: pa.DataType = field.type
    if types.is_uint64(kind):
        return pa.decimal128(20, 0)
    if types.is_float16(kind):
        return pa.float32()
    if types.is_date(kind):
        return pa.date32()
    if types.is_nested(kind) or types.is_null(kind) or types.is_string(kind) or types.is_large_string(kind):
        return pa.string()
    return kind


def convert(column: Any, field: Any, wanted: pa.DataType) -> Any:
    texts = as_texts(column, field) if wanted == pa.string() else column.cast(wanted)
    return without_zeros(texts) if wanted == pa.string() else texts


def without_zeros(texts: Any) -> Any:
    """Return texts in which U+FFFD stands for U+0000, which no text of PostgreSQL can hold."""
    return replace_where_present(texts, {"\0": "\N{REPLACEMENT CHARACTER}"})


def short_name(name: str) -> str:
    """Return the name, or its beginning and a hash where it is too long."""
    raw = name.encode()
    if len(raw) <= NAME_BYTES_MAX:
        return name
    beginning = raw[: NAME_BYTES_MAX - _HASH_LENGTH - 1].decode(errors="ignore")
    return f"{beginning}_{sha256(raw).hexdigest()[:_HASH_LENGTH]}"
