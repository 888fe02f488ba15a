"""Null and type rules of rows and expressions (Pendo documents none; docs/pendosim.md lists the choices)."""

import math
from typing import Any

import msgspec

Row = dict[str, Any]

NULL, BOOLEAN, NUMBER, STRING, OTHER = range(5)
_KINDS = {type(None): NULL, bool: BOOLEAN, int: NUMBER, float: NUMBER, str: STRING}
_LARGEST_EXACT = 2.0**63

to_json = msgspec.json.Encoder().encode
from_json = msgspec.json.Decoder().decode


def kind(value: object) -> int:
    return _KINDS.get(type(value), OTHER)


def is_number(value: object) -> bool:
    return kind(value) == NUMBER


def equal(left: object, right: object) -> bool:
    """Null equals null; values of different kinds are never equal (so true is not 1)."""
    return kind(left) == kind(right) and left == right


def less(left: Any, right: Any) -> bool:
    """Compare; false for null, for different kinds, and for lists and objects."""
    both = kind(left)
    return both == kind(right) and both not in (NULL, OTHER) and bool(left < right)


def sort_key(value: object) -> tuple[int, Any]:
    """Null, booleans, numbers, strings in byte order, then lists and objects by their JSON text."""
    of = kind(value)
    if of == NULL:
        return NULL, 0
    return of, to_json(value) if of == OTHER else value


def plain_number(value: float) -> int | float | None:
    """Numbers are doubles; one without a fraction is printed without a decimal point, no number is null."""
    if isinstance(value, int) and abs(value) < _LARGEST_EXACT:
        return value
    try:
        number = float(value)
    except OverflowError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < _LARGEST_EXACT else number


def plain_json(value: Any) -> Any:
    """Make every number in a value a plain one."""
    if isinstance(value, dict):
        return {name: plain_json(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain_json(part) for part in value]
    return plain_number(value) if is_number(value) else value


def at_path(row: object, path: tuple[str, ...]) -> Any:
    """Find the value at `a.b.c`; null where anything on the way is missing."""
    for name in path:
        if not isinstance(row, dict):
            return None
        row = row.get(name)
    return row
