"""Just enough of Thrift's compact protocol to read a Parquet footer, change offsets and write it again.

A struct is a dict from field id to (type, value), in the order of the ids, or the bytes of one that is encoded
already; a list is (item type, items). Nothing is interpreted, so fields of later versions of Parquet pass through
unharmed.
"""

from __future__ import annotations

import struct
from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
_SHORT_LIST_MAX = 14
_ID_STEP_MAX = 15

Struct = dict[int, tuple[int, Any]]


class Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def struct(self) -> Struct:
        fields: Struct = {}
        last = 0
        while head := self._byte():
            kind, step = head & 0x0F, head >> 4
            last = last + step if step else self._zigzag()
            fields[last] = (kind, kind == TRUE if kind in (TRUE, FALSE) else self._value(kind))
        return fields

    def _value(self, kind: int) -> Any:
        if kind in (I16, I32, I64):
            return self._zigzag()
        if kind == BINARY:
            return self._take(self._varint())
        if kind == STRUCT:
            return self.struct()
        if kind in (LIST, SET):
            return self._list()
        if kind in (TRUE, FALSE, BYTE):
            return self._byte()
        if kind == DOUBLE:
            return struct.unpack("<d", self._take(8))[0]
        raise ValueError(f"thrift type {kind} does not occur in a Parquet footer")

    def _list(self) -> tuple[int, list[Any]]:
        head = self._byte()
        kind, count = head & 0x0F, head >> 4
        if count > _SHORT_LIST_MAX:
            count = self._varint()
        return kind, [self._value(kind) for _ in range(count)]

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _take(self, count: int) -> bytes:
        self._at += count
        return self._data[self._at - count : self._at]

    def _varint(self) -> int:
        result = shift = 0
        while (byte := self._byte()) & 0x80:
            result |= (byte & 0x7F) << shift
            shift += 7
        return result | byte << shift

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)


def encoded(fields: Struct) -> bytes:
    writer = Writer()
    writer.struct(fields)
    return bytes(writer.data)


class Writer:
    def __init__(self) -> None:
        self.data = bytearray()

    def struct(self, fields: Struct) -> None:
        last = 0
        for number, (kind, value) in sorted(fields.items()):
            shown = (TRUE if value else FALSE) if kind in (TRUE, FALSE) else kind
            step = number - last
            if 0 < step <= _ID_STEP_MAX:
                self.data.append(step << 4 | shown)
            else:
                self.data.append(shown)
                self._zigzag(number)
            last = number
            if kind not in (TRUE, FALSE):
                self._value(kind, value)
        self.data.append(0)

    def _value(self, kind: int, value: Any) -> None:
        if kind in (I16, I32, I64):
            self._zigzag(value)
        elif kind == BINARY:
            self._varint(len(value))
            self.data += value
        elif kind == STRUCT and isinstance(value, bytes):
            self.data += value
        elif kind == STRUCT:
            self.struct(value)
        elif kind in (LIST, SET):
            self._list(*value)
        elif kind in (TRUE, FALSE, BYTE):
            self.data.append(value)
        else:
            self.data += struct.pack("<d", value)

    def _list(self, kind: int, items: list[Any]) -> None:
        if len(items) <= _SHORT_LIST_MAX:
            self.data.append(len(items) << 4 | kind)
        else:
            self.data.append(0xF0 | kind)
            self._varint(len(items))
        for item in items:
            self._value(kind, item)

    def _varint(self, value: int) -> None:
        while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
            self.data.append(value & 0x7F | 0x80)
            value >>= 7
        self.data.append(value)

    def _zigzag(self, value: int) -> None:
        self._varint((value << 1) ^ (value >> 63))
