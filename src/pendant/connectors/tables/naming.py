"""Names of tables and columns that a database can hold."""

from __future__ import annotations

import pyarrow as pa

from pendant.errors import WrongInput


def check_names(table: str, schema: pa.Schema) -> None:
    """Raise WrongInput for an empty table name, and for columns that differ in nothing but upper and lower case."""
    if not table.strip() or "\0" in table:
        raise WrongInput(
            "table_name_missing",
            "There is no table name after the # sign.",
            hint="Write file.duckdb#table, or only file.duckdb for a table named like the resource.",
            field="target",
        )
    check_column_names(schema)


def check_column_names(schema: pa.Schema) -> None:
    """Raise WrongInput for columns that differ in nothing but upper and lower case."""
    seen: dict[str, str] = {}
    for name in schema.names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise WrongInput(
                "column_twice",
                f'The columns "{other}" and "{name}" differ in upper and lower case only, which is the same name here.',
                hint="Give one of them another name with AS.",
                field="select",
            )
