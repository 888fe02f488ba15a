"""Record by record: what to do with fields nobody declared and with values that are not what was declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec import Raw

from pendant.connectors.declaration import ColumnType
from pendant.connectors.pendo.layout import Column, Tree

# From year 1 to year 9999: what every destination can hold.
TIME_MIN_MS, TIME_MAX_MS = -62_135_596_800_000, 253_402_300_799_999
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1

_keys = msgspec.json.Decoder(dict[str, Raw])
_text = msgspec.json.Decoder(str)

KeptAside = Callable[[Column, bytes], None]


def undeclared(tree: Tree, record: Raw | bytes) -> bytes | None:
    """Return the JSON object of everything in `record` that no column declares, or None."""
    extra = []
    try:
        found = _keys.decode(record)
    except msgspec.ValidationError:
        return None if bytes(record) == b"null" else bytes(record)
    for key, value in found.items():
        child = tree.get(key)
        if isinstance(child, dict):
            if (inner := undeclared(child, value)) is not None:
                extra.append((key, inner))
        elif child is None:
            extra.append((key, bytes(value)))
    return _joined(extra) if extra else None


def split(tree: Tree, record: Raw | bytes, values: dict[str, Any], kept_aside: KeptAside) -> bytes | None:
    """Put what fits its column into `values` by column name; return the JSON object of everything else, or None.

    `kept_aside` is told of each declared column whose value did not fit.
    """
    extra = []
    try:
        found = _keys.decode(record)
    except msgspec.ValidationError:
        return None if bytes(record) == b"null" else bytes(record)
    for key, value in found.items():
        child = tree.get(key)
        if isinstance(child, dict):
            if (inner := split(child, value, values, kept_aside)) is not None:
                extra.append((key, inner))
        elif child is None:
            extra.append((key, bytes(value)))
        else:
            fits, values[child.name] = _fitted(child, bytes(value))
            if not fits:
                kept_aside(child, bytes(value))
                extra.append((key, bytes(value)))
    return _joined(extra) if extra else None


def paths_in(tree: Tree, rest: bytes, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the paths of the undeclared fields in what `undeclared` returned."""
    for key, value in _keys.decode(rest).items():
        child = tree.get(key)
        if isinstance(child, dict):
            yield from paths_in(child, bytes(value), (*above, key))
        else:
            yield (*above, key)


def any_text(raw: bytes) -> str:
    """Return a JSON string's content, and any other value as it was written."""
    return _text.decode(raw) if raw[:1] == b'"' else raw.decode()


def _joined(members: list[tuple[str, bytes]]) -> bytes:
    # In the order of their keys: whichever way a record went, the text is the same.
    return b"{" + b",".join(msgspec.json.encode(key) + b":" + value for key, value in sorted(members)) + b"}"


def _fitted(column: Column, raw: bytes) -> tuple[bool, Any]:
    if raw == b"null":
        return True, None
    try:
        return True, _DECODERS[column.type](raw)
    except (msgspec.ValidationError, ValueError):
        return False, None


def _integer(raw: bytes) -> int:
    return _in_range(_int.decode(raw), _INT64_MIN, _INT64_MAX)


def _time(raw: bytes) -> int:
    return _in_range(_int.decode(raw), TIME_MIN_MS, TIME_MAX_MS)


def _integers(raw: bytes) -> list[int | None]:
    found = _ints.decode(raw)
    for number in found:
        _in_range(number or 0, _INT64_MIN, _INT64_MAX)
    return found


def _in_range(number: int, low: int, high: int) -> int:
    if not low <= number <= high:
        raise ValueError(number)
    return number


_int = msgspec.json.Decoder(int)
_ints = msgspec.json.Decoder(list[int | None])

_DECODERS: dict[ColumnType, Callable[[bytes], Any]] = {
    ColumnType.TEXT: _text.decode,
    ColumnType.INTEGER: _integer,
    ColumnType.NUMBER: msgspec.json.Decoder(float).decode,
    ColumnType.BOOLEAN: msgspec.json.Decoder(bool).decode,
    ColumnType.TIME: _time,
    ColumnType.TIME_OR_NEVER: _time,
    ColumnType.TEXTS: msgspec.json.Decoder(list[str | None]).decode,
    ColumnType.INTEGERS: _integers,
    ColumnType.NUMBERS: msgspec.json.Decoder(list[float | None]).decode,
    ColumnType.JSON: bytes.decode,
    ColumnType.ANY_TEXT: any_text,
}
