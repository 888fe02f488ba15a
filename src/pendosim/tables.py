"""Rows that wait as encoded JSON, with columns beside them for whole-table filters and sorts.

One row is the same bytes whether it is streamed from here or decoded, worked on and encoded again.
"""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pendosim.values import NULL, NUMBER, STRING, Row, at_path, from_json, kind, to_json

Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]
# pyarrow's stubs do not follow computed arrays.
ArrowArray = Any

BLOCK_BYTES = 1_000_000
ORDERS_KEPT = 6
COLUMNS_KEPT = 64
_DECODED_AT_ONCE = 500
_EXACT = 2**53


class Block(NamedTuple):
    """Encoded rows, each followed by a comma; `ends` are the places before those commas."""

    data: memoryview
    ends: Sequence[int] | Indices


@dataclass(frozen=True)
class Column:
    """Numbers, or strings as places in their sorted vocabulary `words`; where `null`, neither."""

    numbers: NDArray[Any]
    null: Mask
    words: list[str] | None = None

    def compare(self, sign: str, literal: Any) -> Mask:
        """Null and other kinds compare false, except that they are unequal."""
        if kind(literal) == NULL:
            return self._against_null(sign)
        wanted = STRING if self.words is not None else NUMBER
        if kind(literal) != wanted:
            return np.full(len(self.numbers), sign == "!=")
        found = self._strings(sign, literal) if self.words is not None else self._compared(sign, literal)
        return found | self.null if sign == "!=" else found & ~self.null

    def _against_null(self, sign: str) -> Mask:
        if sign in ("==", "!="):
            return self.null if sign == "==" else ~self.null
        return np.zeros(len(self.numbers), dtype=np.bool_)

    def _strings(self, sign: str, literal: str) -> Mask:
        words = self.words or []
        low, high = bisect_left(words, literal), bisect_right(words, literal)
        if sign in ("==", "!="):
            present = low != high
            return self._compared(sign, low) if present else np.full(len(self.numbers), sign == "!=")
        if sign in ("<", ">="):
            return self._compared(sign, low)
        return self._compared("<" if sign == "<=" else ">=", high)

    def _compared(self, sign: str, number: float) -> Mask:
        found: Mask = _NUMPY_COMPARISONS[sign](self.numbers, number)
        return found

    def values(self) -> list[Any]:
        plain = self.numbers.tolist()
        if self.words is not None:
            plain = [self.words[place] for place in plain]
        return [None if null else value for value, null in zip(plain, self.null.tolist(), strict=True)]

    def sort_arrays(self, *, descending: bool) -> list[NDArray[Any]]:
        """For numpy's lexsort, least significant first; null comes first when ascending."""
        present = (~self.null).astype(np.int8)
        return [-self.numbers, -present] if descending else [self.numbers, present]


_NUMPY_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


class Table:
    def __init__(self, encoded: ArrowArray, columns: Mapping[str, Callable[[], Column]]) -> None:
        """Keep `encoded`: an Arrow large_binary array, each row JSON with a comma behind it."""
        self._encoded = encoded
        self._makers = columns
        self._columns: dict[str, Column | None] = {}
        self._orders: dict[tuple[str, ...], Indices] = {}
        # Requests run on several threads.
        self._making = threading.RLock()
        offsets, data = encoded.buffers()[1:]
        self._offsets = np.frombuffer(offsets, dtype=np.int64, count=len(encoded) + 1)
        self._data = memoryview(data)

    @classmethod
    def of_rows(cls, rows: Iterable[Row], columns: Mapping[str, Callable[[], Column]] | None = None) -> "Table":
        return cls.of_encoded([to_json(row) for row in rows], columns)

    @classmethod
    def of_encoded(cls, parts: Sequence[bytes], columns: Mapping[str, Callable[[], Column]] | None = None) -> "Table":
        """Rows that are JSON already, as `to_json` writes it."""
        lengths = np.fromiter(map(len, parts), dtype=np.int64, count=len(parts)) + 1
        offsets = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(lengths)))
        data = b",".join([*parts, b""])
        buffers = [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(data)]
        encoded: ArrowArray = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(parts), buffers)
        return cls(encoded, columns or {})

    def __len__(self) -> int:
        return len(self._encoded)

    @property
    def size_bytes(self) -> int:
        return int(self._offsets[-1] - self._offsets[0])

    def row(self, index: int) -> Row:
        row: Row = from_json(self._data[self._offsets[index] : self._offsets[index + 1] - 1])
        return row

    def rows(self, indices: Indices) -> Iterator[Row]:
        for start in range(0, len(indices), _DECODED_AT_ONCE):
            for index in indices[start : start + _DECODED_AT_ONCE].tolist():
                yield self.row(index)

    def column(self, path: tuple[str, ...]) -> Column | None:
        """None where the values are not all numbers or all strings (and nulls)."""
        name = ".".join(path)
        with self._making:
            if name not in self._columns:
                while len(self._columns) >= COLUMNS_KEPT:
                    self._columns.pop(next(iter(self._columns)))
                maker = self._makers.get(name)
                self._columns[name] = maker() if maker else column_of(self._values(path))
            return self._columns[name]

    def patched(self, changed: Mapping[int, Row], added: Sequence[Row], gone: Sequence[int] = ()) -> "Table":
        """Put these rows instead of those at some places, more of them at the end, and some places taken out."""
        return _Patched(self, changed, added, gone)

    @property
    def encoded(self) -> ArrowArray:
        return self._encoded

    def _values(self, path: tuple[str, ...]) -> list[Any]:
        return [at_path(row, path) for row in self.rows(np.arange(len(self), dtype=np.int64))]

    def order(self, keys: tuple[str, ...]) -> Indices | None:
        """Sort all rows (`-name` descends), ties as they are stored; None where a key has no column."""
        with self._making:
            if keys not in self._orders:
                found = self.sorted(None, keys)
                if found is None:
                    return None
                while len(self._orders) >= ORDERS_KEPT:
                    self._orders.pop(next(iter(self._orders)))
                self._orders[keys] = found
            return self._orders[keys]

    def sorted(self, indices: Indices | None, keys: tuple[str, ...]) -> Indices | None:
        """Sort `indices` (or all), ties as given."""
        arrays: list[NDArray[Any]] = []
        for key in reversed(keys):
            column = self.column(tuple(key.lstrip("+-").split(".")))
            if column is None:
                return None
            arrays += column.sort_arrays(descending=key.startswith("-"))
        if indices is None:
            return np.lexsort(arrays).astype(np.int64)
        return indices[np.lexsort([array[indices] for array in arrays])]

    def blocks(self, indices: Indices) -> Iterator[Block]:
        if not len(indices):
            return
        rows_each = max(1, BLOCK_BYTES * len(self) // max(1, self.size_bytes))
        for start in range(0, len(indices), rows_each):
            taken = self._encoded.take(_places(indices[start : start + rows_each]))
            offsets, data = taken.buffers()[1:]
            ends = np.frombuffer(offsets, dtype=np.int64, count=len(taken) + 1)
            yield Block(memoryview(data)[: ends[-1]], ends[1:] - 1)


class _Patched(Table):
    """Takes columns from the table below where that has them, and decodes only rows of its own."""

    def __init__(self, below: Table, changed: Mapping[int, Row], added: Sequence[Row], gone: Sequence[int]) -> None:
        self._below = below
        self._own = [*changed.values(), *added]
        own_places = np.arange(len(below), len(below) + len(self._own), dtype=np.int64)
        places = np.concatenate((np.arange(len(below), dtype=np.int64), own_places[len(changed) :]))
        places[list(changed)] = own_places[: len(changed)]
        self._origins = np.delete(places, list(gone))
        both = pa.concat_arrays([below.encoded, Table.of_rows(self._own).encoded])
        super().__init__(both.take(_places(self._origins)), {})

    def _values(self, path: tuple[str, ...]) -> list[Any]:
        column = self._below.column(path)
        if column is None:
            return super()._values(path)
        known = [*column.values(), *(at_path(row, path) for row in self._own)]
        return [known[place] for place in self._origins.tolist()]


def _places(indices: Indices) -> ArrowArray:
    return pa.array(indices)


def number_column(numbers: NDArray[Any], null: Mask | None = None) -> Column:
    return Column(numbers, np.zeros(len(numbers), dtype=np.bool_) if null is None else null)


def string_column(places: NDArray[Any], pool: Sequence[str]) -> Column:
    """`places` point into `pool`, which may be in any order and hold a word twice."""
    words = sorted(set(pool))
    place_of = {word: place for place, word in enumerate(words)}
    ranks = np.array([place_of[word] for word in pool], dtype=np.int64)
    return Column(ranks[places], np.zeros(len(places), dtype=np.bool_), words)


def column_of(values: list[Any]) -> Column | None:
    kinds = set(map(kind, values)) - {NULL}
    null = np.array([value is None for value in values], dtype=np.bool_)
    if kinds == {STRING}:
        words = sorted({value for value in values if value is not None})
        place_of: dict[str | None, int] = {word: place for place, word in enumerate(words)}
        return Column(np.array([place_of.get(value, -1) for value in values], dtype=np.int64), null, words)
    if kinds == {NUMBER}:
        return _numbers([0 if value is None else value for value in values], null)
    return None if kinds else Column(np.zeros(len(values), dtype=np.int64), null)


def _numbers(values: list[float], null: Mask) -> Column | None:
    if all(isinstance(value, int) and abs(value) <= _EXACT for value in values):
        return Column(np.array(values, dtype=np.int64), null)
    if any(abs(value) > _EXACT for value in values):
        return None
    return Column(np.array(values, dtype=np.float64), null)
