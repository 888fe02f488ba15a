"""Which columns the records of a resource become, and the types they have in JSON and in Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pendant.connectors.declaration import Columns, ColumnType

OTHER_FIELDS = "other_fields"
TIMESTAMP = pa.timestamp("ms", tz="UTC")

# How values are stored; times stay integers until the last step.
ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    ColumnType.TEXT: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.NUMBER: pa.float64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.TIME: pa.int64(),
    ColumnType.TIME_OR_NEVER: pa.int64(),
    ColumnType.TEXTS: pa.list_(pa.string()),
    ColumnType.INTEGERS: pa.list_(pa.int64()),
    ColumnType.NUMBERS: pa.list_(pa.float64()),
    ColumnType.JSON: pa.string(),
    ColumnType.ANY_TEXT: pa.string(),
}
TIMES = frozenset({ColumnType.TIME, ColumnType.TIME_OR_NEVER})


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    path: tuple[str, ...]
    type: ColumnType

    @property
    def arrow_type(self) -> pa.DataType:
        return TIMESTAMP if self.type in TIMES else ARROW_TYPES[self.type]


Tree = dict[str, "Column | Tree"]


class Layout:
    """Columns in output order, and the same as a tree of keys. In `plain_schema` times are still integers."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = _distinct(columns)
        self.tree = tree_of(self.columns)
        fields = [pa.field(column.name, column.arrow_type) for column in self.columns]
        plain = [pa.field(column.name, ARROW_TYPES[column.type]) for column in self.columns]
        self.schema = pa.schema([*fields, pa.field(OTHER_FIELDS, pa.string())])
        self.plain_schema = pa.schema([*plain, pa.field(OTHER_FIELDS, pa.string())])


def declared(columns: Columns) -> list[Column]:
    """Turn declared columns into Columns; a name is the path, `metadata.` left out and dots as underscores."""
    found = []
    for text, spec in columns.items():
        path = tuple(text.split("."))
        if isinstance(spec, ColumnType):
            found.append(Column(name_of(path), path, spec))
        else:
            found.append(Column(spec.name, path, spec.type))
    return found


def is_plain(key: str) -> bool:
    """Tell whether the strict parser can be told of a key. One with quotes or control characters stays undeclared."""
    return all(character >= " " and character not in '"\\' for character in key)


def name_of(path: tuple[str, ...]) -> str:
    return "_".join(path[1:] if path[0] == "metadata" else path)


def _distinct(columns: Iterable[Column]) -> list[Column]:
    """Give a number to names that differ in case only or not at all; not every destination tells them apart."""
    taken = {OTHER_FIELDS}
    found = []
    for column in columns:
        name, number = column.name, 1
        while name.casefold() in taken:
            number += 1
            name = f"{column.name}_{number}"
        taken.add(name.casefold())
        found.append(Column(name, column.path, column.type))
    return found


def tree_of(columns: Iterable[Column]) -> Tree:
    root: Tree = {}
    for column in columns:
        node = root
        for key in column.path[:-1]:
            child = node.setdefault(key, {})
            assert isinstance(child, dict), f"{column.path} lies inside another column"
            node = child
        assert column.path[-1] not in node, f"{column.path} stands twice"
        node[column.path[-1]] = column
    return root
