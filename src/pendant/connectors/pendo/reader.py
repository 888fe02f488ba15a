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


class RecordReader:
    """Reads records whose fields are those of `tree`. A strict one refuses any other field."""

    def __init__(self, tree: Tree, *, strict: bool) -> None:
        record = _struct(tree, strict=strict)
        self._decode: Callable[[bytes], list[Any]] = msgspec.json.Decoder(list[record]).decode  # type: ignore[valid-type] # made at run time
        self._tree = tree

    def columns(self, records: Sequence[Raw]) -> dict[Path, Values]:
        """Return the values at each path, None where there are none; bytes come as they are, b"" for nothing.

        Raises msgspec.ValidationError for a value of another type, or, when strict, for an unknown field.
        """
        rows = self._decode(b"".join((b"[", b",".join(records), b"]")))
        found: dict[Path, Values] = {}
        _spread(rows, self._tree, (), found)
        return found


def _spread(rows: Sequence[Any], tree: Tree, above: Path, found: dict[Path, Values]) -> None:
    nothing = tuple(_NOTHING if _is_bytes(child) else None for child in tree.values())
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
            found[path] = list(map(bytes, values)) if _is_bytes(child) else list(values)


def _is_bytes(child: Column | Tree) -> bool:
    return isinstance(child, Column) and child.type not in JSON_TYPES


def _struct(tree: Tree, *, strict: bool) -> type[msgspec.Struct]:
    members: list[tuple[str, Any, Any]] = []
    for place, child in enumerate(tree.values()):
        if isinstance(child, dict):
            members.append((f"f{place}", _struct(child, strict=strict) | None, None))
        elif _is_bytes(child):
            members.append((f"f{place}", Raw, _NOTHING))
        else:
            members.append((f"f{place}", JSON_TYPES[child.type] | None, None))
    names = {f"f{place}": key for place, key in enumerate(tree)}
    return msgspec.defstruct("Record", members, rename=names, forbid_unknown_fields=strict, gc=False)
