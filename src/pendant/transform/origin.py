"""Which column of `input` an output column is, unchanged: it then keeps its exact type and marks.

DuckDB knows times in microseconds only and no marks on columns; what merely passes through must lose neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from pyarrow import types

from pendant.transform.syntax import Node


def output_schema(schema: pa.Schema, expressions: list[Node], answered: pa.Schema) -> pa.Schema:
    """Return the schema of the answer, with the fields of `schema` for the columns that pass through."""
    origins = [origin for expression in expressions for origin in _origins(schema, expression)]
    if len(origins) != len(answered):
        # An expression that makes several columns (COLUMNS, unnest of a struct): then no place can be trusted.
        origins = [None] * len(answered)
    return pa.schema(
        [
            _simple(field) if origin is None else schema.field(origin).with_name(field.name).with_nullable(True)
            for field, origin in zip(answered, origins, strict=True)
        ]
    )


def _origins(schema: pa.Schema, expression: Node) -> Iterator[str | None]:
    """Name the column behind each column that an expression makes, None where it is a new one."""
    by_lower = {name.lower(): name for name in schema.names}
    if expression.get("class") == "COLUMN_REF":
        path = [str(name) for name in expression["column_names"]]
        plain = path[1:] if len(path) > 1 and path[0].lower() == "input" and "input" not in by_lower else path
        yield by_lower.get(plain[0].lower()) if len(plain) == 1 else None
    elif expression.get("class") == "STAR" and not expression.get("columns"):
        left_out = {_name(item).lower() for item in expression.get("exclude_list", [])}
        replaced = {str(item["key"]).lower() for item in expression.get("replace_list", [])}
        for name in schema.names:
            if name.lower() not in left_out:
                yield None if name.lower() in replaced else name
    else:
        yield None


def _name(item: object) -> str:
    return str(item["column"] if isinstance(item, dict) and "column" in item else item)


def _simple(field: Any) -> Any:
    """Give a new column the plain type of its kind: lists with Arrow's own item name."""
    if types.is_list(field.type):
        return pa.field(field.name, pa.list_(_simple(field.type.value_field).type))
    return pa.field(field.name, field.type)
