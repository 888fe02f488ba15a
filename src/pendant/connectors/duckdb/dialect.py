"""How DuckDB says what loading a table needs."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from pendant.connectors.loading import moment
from pendant.connectors.tables.session import Column, quoted

STAGED = "temp.main.pendant_staged"


class DuckDbDialect:
    """Implements tables.session.Dialect."""

    row_number = "rowid"
    order = ""
    integers = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
    numbers = ("FLOAT", "DOUBLE")
    text = "VARCHAR"

    def __init__(self, types: dict[str, str]) -> None:
        """Take the types DuckDB gave to the staged columns: it reads Arrow's types itself."""
        self._types = types

    def column_type(self, field: pa.Field) -> str:  # type: ignore[type-arg]  # stubs want a parameter nobody has
        return "" if pa.types.is_null(field.type) else self._types[field.name]

    def same_name(self, name: str) -> str:
        return name.lower()

    def cast(self, expression: str, old: str, new: str) -> str:
        if old == new:
            return expression
        nested = old.endswith("]") or old.startswith(("STRUCT", "MAP"))
        return f"CAST({f'to_json({expression})' if nested else expression} AS {new})"

    def moment(self, milliseconds: int) -> str:
        return f"TIMESTAMPTZ '{moment(milliseconds).isoformat(sep=' ')}'"

    def widen(self, table: str, column: Column, wider: str) -> Sequence[str]:
        name = quoted(column.name)
        using = self.cast(name, column.type, wider)
        return [f"ALTER TABLE {table} ALTER COLUMN {name} SET DATA TYPE {wider} USING {using}"]


class DuckDbSession:
    """Implements tables.session.Session for a table of the database attached as `target`."""

    def __init__(self, database: duckdb.DuckDBPyConnection, table: str) -> None:
        self._database = database
        self._table = table
        types = database.execute("DESCRIBE SELECT * FROM arriving").fetchall()
        self.dialect = DuckDbDialect({name: kind for name, kind, *_ in types})

    def execute(self, statement: str) -> None:
        self._database.execute(statement)

    def number(self, query: str) -> int:
        found = self._database.execute(query).fetchall()
        return int(found[0][0])

    def columns(self) -> list[Column]:
        return self._columns("target", self._table)

    def _columns(self, database: str, table: str) -> list[Column]:
        query = (
            "SELECT column_name, data_type FROM duckdb_columns() "
            "WHERE database_name = ? AND schema_name = 'main' AND lower(table_name) = lower(?) ORDER BY column_index"
        )
        return [Column(*found) for found in self._database.execute(query, [database, table]).fetchall()]
