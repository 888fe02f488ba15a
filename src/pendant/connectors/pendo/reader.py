"""Records in JSON become columns of Python values, by structs that are made for one layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw
from msgspec.structs import astuple

from pendant.connectors.declaration import ColumnType
from pendant.connectors.pendo.layout import Column, Tree

# From year 1 to year 9999: what every destination can hold.
TIME_MIN_MS, TIME_MAX_MS = -62_135_596_800_000, 253_402_300_799_999

Path = tuple[str, ...]
Values = Sequence[Any]

Time = Annotated[int, Meta(ge=TIME_MIN_MS, le=TIME_MAX_MS)]
# JSON and ANY_TEXT are taken as the bytes they are.
JSON_TYPES: Mapping[ColumnType, Any] = {
    ColumnType.TEXT: str,
    ColumnType.INTEGER: int,
    ColumnType.NUMBER: float,
    ColumnType.BOOLEAN: bool,
    ColumnType.TIME: Time,
    ColumnType.TIME_OR_NEVER: Time,
    ColumnType.TEXTS: list[str | None],
    ColumnType.INTEGERS: list[int | None],
    ColumnType.NUMBERS: list[float | None],
}
_NOTHING = Raw(b"")

# What is made for so many records fits into the processor's cache: twice as fast as for thousands.
RECORDS_AT_ONCE = 256


class KeysReader:
    """Looks at the keys of records and nothing else, but takes the values at some paths out as bytes."""

    def __init__(self, tree: Tree, wanted: Sequence[Path]) -> None:
        self._decode = _decoder(_struct(tree, typed=False))
        self._ways = {path: _way(tree, path) for path in wanted}

    def values(self, records: Sequence[Raw]) -> dict[Path, Values]:
        """Return the values at the wanted paths as they came, b"" for nothing.

        Raises msgspec.ValidationError for what is no object or has a field that the tree does not know.
        """
        found: dict[Path, list[bytes]] = {path: [] for path in self._ways}
        for start in range(0, len(records), RECORDS_AT_ONCE):
            rows = self._decode(_as_list(records[start : start + RECORDS_AT_ONCE]))
            for path, (*groups, last) in self._ways.items():
                holders = rows
                for group in groups:
                    holders = [None if holder is None else getattr(holder, group) for holder in holders]
                found[path] += [b"" if holder is None else bytes(getattr(holder, last)) for holder in holders]
        return dict(found)


class RecordReader:
    """Reads records whose fields are those of `tree`, and any others besides, which it leaves out."""

    def __init__(self, tree: Tree) -> None:
        self._decode = _decoder(_struct(tree, typed=True))
        self._tree = tree

    def columns(self, records: Sequence[Raw]) -> dict[Path, Values]:
        """Return the values at each path, None where there are none; bytes come as they are, b"" for nothing.

        Raises msgspec.ValidationError for a value of another type.
        """
        found: dict[Path, Values] = {}
        _spread(self._decode(_as_list(records)), self._tree, (), found)
        return found


def is_bytes(child: Column | Tree) -> bool:
    """Tell whether the values of a column are kept as the bytes they are."""
    return isinstance(child, Column) and child.type not in JSON_TYPES


def _as_list(records: Sequence[Raw]) -> bytes:
    return b"".join((b"[", b",".join(records), b"]"))


def _decoder(record: type[msgspec.Struct]) -> Callable[[bytes], list[Any]]:
    return msgspec.json.Decoder(list[record]).decode  # type: ignore[valid-type] # made at run time


def _spread(rows: Sequence[Any], tree: Tree, above: Path, found: dict[Path, Values]) -> None:
    nothing = tuple(_NOTHING if is_bytes(child) else None for child in tree.values())
    if any(rows):
        columns = zip(*[nothing if row is None else astuple(row) for row in rows], strict=True)
    else:
        columns = zip(*[nothing] * len(rows), strict=True)
    for (key, child), values in zip(tree.items(), columns, strict=True):
        path = (*above, key)
        if isinstance(child, dict):
            _spread(values, child, path, found)
        else:
            # Arrow reads a list much faster than a tuple.
            found[path] = list(map(bytes, values)) if is_bytes(child) else list(values)


def _way(tree: Tree, path: Path) -> list[str]:
    """Return the attributes that lead from a record to the value at `path`."""
    names = []
    for key in path:
        names.append(f"f{list(tree).index(key)}")
        inner = tree[key]
        tree = inner if isinstance(inner, dict) else {}
    return names


def _struct(tree: Tree, *, typed: bool) -> type[msgspec.Struct]:
    """Make the type of one record. One that is not typed takes every value as bytes and refuses other fields."""
    members: list[tuple[str, Any, Any]] = []
    for place, child in enumerate(tree.values()):
        if isinstance(child, dict):
            members.append((f"f{place}", _struct(child, typed=typed) | None, None))
        elif typed and child.type in JSON_TYPES:
            members.append((f"f{place}", JSON_TYPES[child.type] | None, None))
        else:
            members.append((f"f{place}", Raw, _NOTHING))
    names = {f"f{place}": key for place, key in enumerate(tree)}
    return msgspec.defstruct("Record", members, rename=names, forbid_unknown_fields=not typed, gc=False)
