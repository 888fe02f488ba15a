"""Records as Pendo sent them, each on a line of its own, as one Arrow column.

All of them are copied together at once and looked through as one text. Per record Python does nothing but ask its
length, because whatever it does holds the interpreter, which fetching and cutting need.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Raw

from pendant.connectors.pendo.records import TEXT_REPAIRED, not_a_record
from pendant.model.pipeline import RunMeter

# What is compared at once leaves room for its answer in the processor's cache.
_BYTES_AT_ONCE = 1 << 18
_LINE_FEED, _OPEN_BRACE = ord("\n"), ord("{")


def record_lines(records: Sequence[Raw], meter: RunMeter | None) -> pa.Array[Any]:
    """Return the text of each record and the line feed behind it; no other line break is among them.

    Nothing else is changed but what could not be read as a line of text: line breaks between a record's values, with
    the white space around them, and bytes that are not UTF-8, of which `meter` gets a note.
    """
    try:
        return _lines(records)
    except pa.ArrowInvalid:
        if meter is not None:
            meter.note(TEXT_REPAIRED)
        return _lines([bytes(record).decode("utf-8", "replace").encode() for record in records])


def _lines(records: Sequence[Raw] | Sequence[bytes]) -> pa.Array[Any]:
    text = b"\n".join((*records, b""))
    if _has_other_breaks(text, len(records)):
        records = [_on_one_line(bytes(record)) for record in records]
        text = b"\n".join((*records, b""))
    offsets = np.zeros(len(records) + 1, np.int32)
    np.cumsum(np.fromiter(map(len, records), np.int32, len(records)) + 1, out=offsets[1:])
    if (np.frombuffer(text, np.uint8)[offsets[:-1]] != _OPEN_BRACE).any():
        raise not_a_record()
    buffers = [None, pa.array(offsets).buffers()[1], pa.py_buffer(text)]
    # Casting is what validates UTF-8; it copies nothing.
    return pa.Array.from_buffers(pa.binary(), len(records), buffers).cast(pa.string())


def _has_other_breaks(text: bytes, records: int) -> bool:
    data = np.frombuffer(text, np.uint8)
    starts = range(0, len(data), _BYTES_AT_ONCE)
    line_feeds = sum(np.count_nonzero(data[start : start + _BYTES_AT_ONCE] == _LINE_FEED) for start in starts)
    return line_feeds != records or b"\r" in text


def _on_one_line(record: bytes) -> bytes:
    """Line breaks can only stand between values: inside a text JSON writes them as escapes."""
    return msgspec.json.format(record, indent=-1) if b"\n" in record or b"\r" in record else record
