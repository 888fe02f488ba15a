"""Tables of databases that are spoken to through ADBC: rows go over as Arrow, nested ones as JSON texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from pendant.connectors.files.columns import holds_json
from pendant.connectors.files.json_texts import json_texts
from pendant.connectors.tables.session import Column, Dialect

# pyarrow's stubs know fewer argument types than its functions take.
compute: Any = pc


class AdbcSession:
    """Implements tables.session.Session. `columns_of_target` asks the catalogue of the database."""

    def __init__(self, connection: Any, dialect: Dialect, columns_of_target: str) -> None:
        self._connection = connection
        self._dialect = dialect
        self._columns = columns_of_target

    @property
    def dialect(self) -> Dialect:
        return self._dialect

    def execute(self, statement: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    def number(self, query: str) -> int:
        return int(self.found(query)[0][0])

    def found(self, query: str) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def columns(self) -> list[Column]:
        return [Column(str(name), str(kind)) for name, kind in self.found(self._columns)]

    def stage(self, reader: pa.RecordBatchReader, table: str, **where: Any) -> None:
        """Append rows to an existing table of this connection alone."""
        with self._connection.cursor() as cursor:
            cursor.adbc_ingest(table, reader, mode="append", **where)


def converted(
    reader: pa.RecordBatchReader, schema: pa.Schema, convert: Callable[[Any, Any, pa.DataType], Any]
) -> pa.RecordBatchReader:
    """Return the rows with every column in the type that `schema` has for it."""

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            columns = [
                convert(column, field, wanted.type)
                for column, field, wanted in zip(batch.columns, batch.schema, schema, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def as_texts(column: Any, field: Any) -> Any:
    """Return texts: nested values and marked texts as JSON, times as ISO 8601, everything else as it reads."""
    kind = column.type
    if types.is_nested(kind):
        return json_texts(column, field).in_quotes()
    if types.is_timestamp(kind):
        return json_texts(column, field).values
    return column.cast(pa.string())


def is_json(field: Any) -> bool:
    return holds_json(field) or types.is_nested(field.type)
