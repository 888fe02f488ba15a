"""How SQLite says what loading a table needs.

SQLite has four kinds of values. The declared type of a column says what its texts mean, and ends in TEXT so that
SQLite leaves them as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
from pyarrow import types

from pendant.connectors.loading import moment
from pendant.connectors.tables.adbc import as_texts, is_json
from pendant.connectors.tables.session import Column, quoted

TIME, DATE, JSON = "TIMESTAMP TEXT", "DATE TEXT", "JSON TEXT"
_WIDER = quoted("pendant_wider")


class SqliteDialect:
    """Implements tables.session.Dialect."""

    row_number = "rowid"
    order = " ORDER BY rowid"
    integers = ("INTEGER",)
    numbers = ("REAL",)
    text = "TEXT"

    def column_type(self, field: Any) -> str:
        if is_json(field):
            return JSON
        meanings: tuple[tuple[Callable[[Any], bool], str], ...] = (
            (types.is_null, ""),
            (lambda kind: types.is_timestamp(kind) and kind.tz is not None, TIME),
            (types.is_date, DATE),
            (types.is_boolean, "BOOLEAN"),
            (types.is_floating, "REAL"),
            (_fits_integer, "INTEGER"),
        )
        return next((name for holds, name in meanings if holds(field.type)), self.text)

    def same_name(self, name: str) -> str:
        return name.lower()

    def cast(self, expression: str, old: str, new: str) -> str:
        if new == "REAL":
            return f"CAST({expression} AS REAL)"
        if old == new or new != "TEXT":
            return expression
        if old == "BOOLEAN":
            return f"CASE {expression} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"
        if old == "REAL":
            # SQLite shows 15 digits; 17 always read back as the same number.
            short = f"CAST({expression} AS TEXT)"
            return (
                f"CASE WHEN CAST({short} AS REAL) = {expression} THEN {short} ELSE printf('%!.17g', {expression}) END"
            )
        return f"CAST({expression} AS TEXT)"

    def moment(self, milliseconds: int) -> str:
        return f"'{moment(milliseconds).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z'"

    def widen(self, table: str, column: Column, wider: str) -> Sequence[str]:
        """SQLite cannot change a type: another column takes the values and then the name."""
        name = quoted(column.name)
        return [
            f"ALTER TABLE {table} ADD COLUMN {_WIDER} {wider}",
            f"UPDATE {table} SET {_WIDER} = {self.cast(name, column.type, wider)}",
            f"ALTER TABLE {table} DROP COLUMN {name}",
            f"ALTER TABLE {table} RENAME COLUMN {_WIDER} TO {name}",
        ]


def _fits_integer(kind: pa.DataType) -> bool:
    return types.is_integer(kind) and kind != pa.uint64()


def stored_type(field: Any) -> pa.DataType:
    """Return the Arrow type in which a column reaches SQLite."""
    kind = field.type
    if types.is_floating(kind):
        return pa.float64()
    if types.is_boolean(kind) or _fits_integer(kind):
        return pa.int64()
    return pa.string()


def convert(column: Any, field: Any, wanted: pa.DataType) -> Any:
    """Return a column as SQLite stores it; times have milliseconds and a Z, so that texts compare as times do."""
    if wanted != pa.string():
        return column.cast(pa.float32()).cast(wanted) if types.is_float16(column.type) else column.cast(wanted)
    if types.is_timestamp(column.type) and column.type.tz:
        return as_texts(column.cast(pa.timestamp("ms", "UTC"), safe=False), field)
    return as_texts(column, field)
