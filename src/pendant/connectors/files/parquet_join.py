"""Joins Parquet files of one schema without decoding them: row groups are copied as bytes, footers are merged.

Only the offsets in a footer depend on where the data stands, so they are moved by as much as the data was.
Field numbers are those of parquet-format's parquet.thrift.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pendant.connectors.files import thrift
from pendant.connectors.files.disk import SteadyFile, append_range
from pendant.connectors.files.thrift import Struct

MAGIC = b"PAR1"
TAIL = len(MAGIC) + 4
ORDINAL_MAX = 32_767

_FILE_ROWS, _FILE_ROW_GROUPS = 3, 4
_GROUP_COLUMNS, _GROUP_OFFSET, _GROUP_ORDINAL = 1, 5, 7
_CHUNK_OFFSET, _CHUNK_META, _CHUNK_OFFSET_INDEX, _CHUNK_COLUMN_INDEX = 2, 3, 4, 6
_META_DATA_PAGE, _META_INDEX_PAGE, _META_DICTIONARY_PAGE, _META_BLOOM_FILTER = 9, 10, 11, 14


def join(parts: Sequence[Path], joined: Path) -> None:
    """Write the row groups of `parts`, in order, as one file with the schema and metadata of the first."""
    first: Struct = {}
    rows = 0
    # Written at once: as a tree of values the footers of a large file take ten times the memory.
    groups: list[bytes] = []
    with SteadyFile(joined) as file:
        file.write(MAGIC)
        at = len(MAGIC)
        for part in parts:
            footer, end = _read_footer(part)
            groups += [
                _moved(group, at - len(MAGIC), len(groups) + place) for place, group in enumerate(_groups(footer))
            ]
            rows += footer[_FILE_ROWS][1]
            first = first or footer
            at += append_range(part, file, start=len(MAGIC), end=end)
        file.write(_tail(first, rows, groups))


def _read_footer(part: Path) -> tuple[Struct, int]:
    """Return the footer and the place at which it begins."""
    with part.open("rb") as file:
        size = file.seek(-TAIL, 2) + TAIL
        (length,) = struct.unpack("<I", file.read(4))
        begin: int = size - TAIL - length
        file.seek(begin)
        return thrift.Reader(file.read(length)).struct(), begin


def _groups(footer: Struct) -> list[Struct]:
    found: list[Struct] = footer[_FILE_ROW_GROUPS][1][1]
    return found


def _tail(first: Struct, rows: int, groups: list[bytes]) -> bytes:
    footer = first | {_FILE_ROWS: (thrift.I64, rows), _FILE_ROW_GROUPS: (thrift.LIST, (thrift.STRUCT, groups))}
    data = thrift.encoded(footer)
    return data + struct.pack("<I", len(data)) + MAGIC


def _moved(group: Struct, by: int, ordinal: int) -> bytes:
    """Return a row group as it stands in the footer of the joined file."""
    _move(group, by, _GROUP_OFFSET)
    for chunk in group[_GROUP_COLUMNS][1][1]:
        _move(chunk, by, _CHUNK_OFFSET, _CHUNK_OFFSET_INDEX, _CHUNK_COLUMN_INDEX)
        _move(chunk[_CHUNK_META][1], by, _META_DATA_PAGE, _META_INDEX_PAGE, _META_DICTIONARY_PAGE, _META_BLOOM_FILTER)
    # The ordinal is optional and has 16 bits; beyond them it is left out.
    group.pop(_GROUP_ORDINAL, None)
    if ordinal <= ORDINAL_MAX:
        group[_GROUP_ORDINAL] = (thrift.I16, ordinal)
    return thrift.encoded(group)


def _move(fields: dict[int, Any], by: int, *numbers: int) -> None:
    for number in numbers:
        kind, offset = fields.get(number, (thrift.I64, 0))
        # 0 stands for "not given": no data can begin where the file's magic is.
        if offset:
            fields[number] = (kind, offset + by)
