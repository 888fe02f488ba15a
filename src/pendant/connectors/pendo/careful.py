"""Record by record: what to do with fields nobody declared and with values that are not what was declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec import Raw

from pendant.connectors.pendo.layout import Column, Tree
from pendant.connectors.pendo.reader import JSON_TYPES, Path

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1

_keys = msgspec.json.Decoder(dict[str, Raw])
_text = msgspec.json.Decoder(str)
_DECODERS = {type_: msgspec.json.Decoder(json_type) for type_, json_type in JSON_TYPES.items()}

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


def split(tree: Tree, record: Raw | bytes, values: dict[Path, Any], kept_aside: KeptAside) -> bytes | None:
    """Put what fits its column into `values` by its path; return the JSON object of everything else, or None.

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
            fits, values[child.path] = _fitted(child, bytes(value))
            if not fits:
                kept_aside(child, bytes(value))
                extra.append((key, bytes(value)))
    return _joined(extra) if extra else None


def paths_in(tree: Tree, rest: bytes, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the paths of the undeclared fields in what `undeclared` returned."""
    try:
        found = _keys.decode(rest)
    except msgspec.ValidationError:
        yield above
        return
    for key, value in found.items():
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
    if column.type not in _DECODERS:
        return True, raw
    try:
        value = _DECODERS[column.type].decode(raw)
    except msgspec.ValidationError:
        return False, None
    numbers = value if isinstance(value, list) else [value]
    fits = all(_INT64_MIN <= number <= _INT64_MAX for number in numbers if type(number) is int)
    return fits, value if fits else None
