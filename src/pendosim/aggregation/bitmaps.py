"""Bitmaps of active days (or minutes): an opaque text to clients, a first day and bits to us."""

import re
from collections.abc import Iterable
from typing import NamedTuple

_WRITTEN = re.compile(r"([0-9a-f]{1,5})\.([0-9a-f]{1,100000})", re.ASCII)
_WHOLE = 16


class _Bits(NamedTuple):
    first: int
    """What bit 0 stands for: a day of the calendar, counted from its beginning."""
    bits: int


def bitmap_of(numbers: Iterable[int]) -> str | None:
    """None where there is none."""
    known = set(numbers)
    if not known:
        return None
    first = min(known)
    return _written(_Bits(first, sum(1 << (number - first) for number in known)))


def union_of(bitmaps: Iterable[object]) -> str | None:
    """None where none of them is a bitmap."""
    found = [bits for bits in map(_read, bitmaps) if bits is not None]
    if not found:
        return None
    first = min(bits.first for bits in found)
    joined = 0
    for bits in found:
        joined |= bits.bits << (bits.first - first)
    return _written(_Bits(first, joined))


def count_of(bitmap: object) -> int:
    bits = _read(bitmap)
    return 0 if bits is None else bits.bits.bit_count()


def _written(of: _Bits) -> str:
    return f"{of.first:x}.{of.bits:x}"


def _read(text: object) -> _Bits | None:
    match = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
    return None if match is None else _Bits(int(match[1], _WHOLE), int(match[2], _WHOLE))
