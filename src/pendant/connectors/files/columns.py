"""Which columns a file can hold, and the mark of a column whose texts are JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
from pyarrow import types

from pendant.errors import WrongInput

# Set on the fields of columns whose texts are JSON values: unknown fields, objects, free-form properties.
JSON_MARK = {b"pendant:json": b"1"}

_PLAIN: tuple[Callable[[pa.DataType], bool], ...] = (
    types.is_null,
    types.is_boolean,
    types.is_integer,
    types.is_floating,
    types.is_decimal,
    types.is_string,
    types.is_large_string,
    types.is_timestamp,
    types.is_date,
    types.is_time,
)


def holds_json(field: Any) -> bool:
    return (field.metadata or {}).get(b"pendant:json") == b"1"


def check_columns(schema: pa.Schema) -> None:
    """Raise WrongInput for a schema no file can hold: two columns of one name, or a type without a text."""
    for field in schema:
        if not _can_hold(field.type):
            raise WrongInput(
                "column_type_unsupported",
                f'The column "{field.name}" has the type {field.type}, which has no place in a file.',
                hint=f'Turn it into text with CAST("{field.name}" AS VARCHAR) in the selection.',
                field="select",
            )
    twice = {name for name in schema.names if schema.names.count(name) > 1}
    if twice:
        raise WrongInput(
            "column_twice",
            f'Two columns are named "{min(twice)}".',
            hint="Give one of them another name with AS.",
            field="select",
        )


def _can_hold(data_type: pa.DataType) -> bool:
    if types.is_list(data_type):
        return _can_hold(data_type.value_type)
    if types.is_struct(data_type):
        fields = [data_type.field(place).type for place in range(data_type.num_fields)]
        return bool(fields) and all(map(_can_hold, fields))
    return any(holds(data_type) for holds in _PLAIN)
