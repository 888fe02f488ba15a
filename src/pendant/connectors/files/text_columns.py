"""Arrow columns as arrays of texts, as JSON and CSV need them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa

from pendant.connectors.files.text import Array, Texts, bytes_of, compute, joined, scalar

SPACE = 0x20

# The years 0000 to 9999, in seconds since the epoch: what ISO 8601 shows with four digits.
_SECONDS_MIN = -62_167_219_200
_SECONDS_MAX = 253_402_300_800
_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def number_texts(array: Array) -> Array:
    """Write numbers and truth values as JSON has them. Infinities and NaN, which JSON has not, become null."""
    if pa.types.is_float16(array.type):
        array = array.cast(pa.float32())
    if not pa.types.is_floating(array.type):
        return array.cast(pa.string())
    if not compute.all(compute.is_finite(array), min_count=0).as_py():
        array = compute.if_else(compute.is_finite(array), array, pa.scalar(None, array.type))
    texts = array.cast(pa.string())
    # A reader takes "-0" for an integer and loses the sign.
    negative_zero = compute.equal(texts, scalar("-0"))
    return compute.if_else(negative_zero, scalar("-0.0"), texts) if compute.any(negative_zero).as_py() else texts


def time_texts(array: Array) -> Texts:
    """Write points in time as ISO 8601, ending in Z when the column has a time zone.

    A value outside the years 0000 to 9999 has no such text and stands as its number, so that nothing is lost.
    """
    unit = array.type.unit
    suffix = "Z" if array.type.tz else ""
    numbers = array.cast(pa.int64())
    shown = array.cast(pa.timestamp(unit))
    bounds = compute.min_max(numbers)
    low, high = bounds["min"].as_py(), bounds["max"].as_py()
    if low is None or (low >= _SECONDS_MIN * _UNITS[unit] and high < _SECONDS_MAX * _UNITS[unit]):
        return Texts(_iso(shown, suffix), quoted=True)
    fits = compute.and_(
        compute.greater_equal(numbers, _SECONDS_MIN * _UNITS[unit]), compute.less(numbers, _SECONDS_MAX * _UNITS[unit])
    )
    dated = _iso(compute.if_else(fits, shown, pa.scalar(None, shown.type)), suffix)
    return Texts(compute.coalesce(Texts(dated, quoted=True).in_quotes(), numbers.cast(pa.string())))


def _iso(array: Array, suffix: str) -> Array:
    texts = compute.binary_replace_slice(array.cast(pa.string()), 10, 11, "T")
    return joined(texts, suffix) if suffix else texts


def replace_where_present(texts: Array, replacements: Mapping[str, str]) -> Array:
    """Replace single ASCII characters, in order, looking first whether they stand anywhere in the column."""
    data = np.frombuffer(bytes_of(texts), np.uint8)
    for character, replacement in replacements.items():
        if (data == ord(character)).any():
            texts = compute.replace_substring(texts, character, replacement)
    return texts


def has_control_characters(texts: Array) -> bool:
    return bool(np.frombuffer(bytes_of(texts), np.uint8).min(initial=SPACE) < SPACE)


def list_texts(array: Array, item_texts: Callable[[Array], Array]) -> Array:
    """Write lists as JSON arrays; `item_texts` turns the items into complete JSON values."""
    items = compute.fill_null(item_texts(array.flatten()), scalar("null"))
    lengths = compute.fill_null(compute.list_value_length(array), 0)
    offsets = np.concatenate([np.zeros(1, np.int32), np.cumsum(lengths.to_numpy(zero_copy_only=False), dtype=np.int32)])
    contents = compute.binary_join(pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), items), ",")
    texts = joined("[", contents, "]")
    return compute.if_else(array.is_null(), pa.scalar(None, pa.string()), texts) if array.null_count else texts
