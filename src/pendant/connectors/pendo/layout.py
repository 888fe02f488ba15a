"""Which columns the records of a resource become, and the types with which the parsers read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa
from msgspec import UNSET, Raw, UnsetType

from pendant.connectors.declaration import Columns, ColumnType

OTHER_FIELDS = "other_fields"
TIMESTAMP = pa.timestamp("ms", tz="UTC")
_RECORDS_AT_ONCE = 256

# How pyarrow's JSON reader is to see a value; times stay integers until it is known that they are times.
WIRE_TYPES: dict[ColumnType, pa.DataType] = {
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
# No Arrow type holds "any value": these are taken from the bytes themselves.
FROM_BYTES = frozenset({ColumnType.JSON, ColumnType.ANY_TEXT})

_CHECKED: dict[ColumnType, Any] = {
    ColumnType.TEXT: str | None | UnsetType,
    ColumnType.INTEGER: float | None | UnsetType,
    ColumnType.NUMBER: float | None | UnsetType,
    ColumnType.BOOLEAN: bool | None | UnsetType,
    ColumnType.TIME: float | None | UnsetType,
    ColumnType.TIME_OR_NEVER: float | None | UnsetType,
}


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    path: tuple[str, ...]
    type: ColumnType

    @property
    def arrow_type(self) -> pa.DataType:
        return TIMESTAMP if self.type in TIMES else WIRE_TYPES[self.type]


Tree = dict[str, "Column | Tree"]


class Layout:
    """Columns in output order, the same as a tree of keys, and the readers' types made from that."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = _distinct(columns)
        self.tree = tree_of(self.columns)
        self.schema = pa.schema(
            [pa.field(column.name, column.arrow_type) for column in self.columns]
            + [pa.field(OTHER_FIELDS, pa.string())]
        )
        self.wire_schema = pa.schema(_wire_fields(self.tree))
        self.from_bytes = [column for column in self.columns if column.type in FROM_BYTES]


class BytesReader:
    """Takes values at `paths` out of records as the bytes they are.

    A strict one refuses a field that `tree` does not name, so it also proves that none is overlooked.
    """

    def __init__(self, tree: Tree, paths: Iterable[tuple[str, ...]], *, strict: bool) -> None:
        tree = tree if strict else _only_bytes(tree)
        record = _struct(tree, forbid_unknown=strict)
        self._decoder = msgspec.json.Decoder(list[record])  # type: ignore[valid-type] # made at run time
        self._members = {path: _members_to(tree, path) for path in paths}

    def read(self, records: Sequence[Raw]) -> dict[tuple[str, ...], list[bytes | None]]:
        """Return for each path what stands there in each record, None where nothing does.

        Raises msgspec.ValidationError for a value of another kind, or, when strict, for an unknown field.
        """
        found: dict[tuple[str, ...], list[bytes | None]] = {path: [] for path in self._members}
        # Some hundred at a time: what is made for them stays in the processor's cache.
        for start in range(0, len(records), _RECORDS_AT_ONCE):
            text = b"".join((b"[", b",".join(records[start : start + _RECORDS_AT_ONCE]), b"]"))
            rows = self._decoder.decode(text)
            for path, members in self._members.items():
                found[path] += _values(rows, members)
        return found


def _values(rows: list[Any], members: list[str]) -> list[bytes | None]:
    for member in members[:-1]:
        rows = [getattr(row, member) if row else None for row in rows]
    last = members[-1]
    values = [getattr(row, last) if row else None for row in rows]
    return [None if value is None or value is UNSET else bytes(value) for value in values]


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


def _member_name(place: int) -> str:
    return f"f{place}"


def _members_to(tree: Tree, path: tuple[str, ...]) -> list[str]:
    """Return the attribute names that lead to `path` in the structs made from `tree`."""
    names: list[str] = []
    for key in path:
        names.append(_member_name(list(tree).index(key)))
        child = tree[key]
        tree = child if isinstance(child, dict) else {}
    return names


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


def _wire_fields(tree: Tree) -> list[pa.Field[Any]]:
    fields = []
    for key, child in tree.items():
        if isinstance(child, Column):
            if child.type not in FROM_BYTES:
                fields.append(pa.field(key, WIRE_TYPES[child.type]))
        elif inner := _wire_fields(child):
            fields.append(pa.field(key, pa.struct(inner)))
    return fields


def _only_bytes(tree: Tree) -> Tree:
    """Return the part of the tree that leads to columns taken from the bytes, and nothing else."""
    return {
        key: _only_bytes(child) if isinstance(child, dict) else child for key, child in tree.items() if _leads(child)
    }


def _leads(child: Column | Tree) -> bool:
    return any(map(_leads, child.values())) if isinstance(child, dict) else child.type in FROM_BYTES


def _struct(tree: Tree, *, forbid_unknown: bool) -> type[msgspec.Struct]:
    members: list[tuple[str, Any, Any]] = []
    for place, child in enumerate(tree.values()):
        if isinstance(child, Column):
            kind = _CHECKED.get(child.type, Raw | UnsetType)
        else:
            kind = _struct(child, forbid_unknown=forbid_unknown) | None | UnsetType
        members.append((_member_name(place), kind, UNSET))
    names = {_member_name(place): key for place, key in enumerate(tree)}
    return msgspec.defstruct("Record", members, rename=names, forbid_unknown_fields=forbid_unknown, gc=False)
