"""JSON put together column by column from ready pieces: a dict for each of a million rows would take many seconds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pendosim.tables import ArrowArray
from pendosim.values import to_json

# So few that what is made on the way stays in the processor's cache.
_ROWS_AT_ONCE = 8_192


def json_text(value: object) -> str:
    return to_json(value).decode()


class Taken:
    """Texts of a pool by their places; its last for place -1."""

    def __init__(self, pool: Sequence[str], places: NDArray[np.int64]) -> None:
        self._pool: ArrowArray = pa.array(pool, pa.large_string())
        self._places = places

    def cut(self, rows: slice) -> ArrowArray:
        places = self._places[rows]
        indices: ArrowArray = pa.array(np.where(places < 0, len(self._pool) - 1, places))
        return self._pool.take(indices)


@dataclass(frozen=True)
class Numbers:
    numbers: NDArray[np.int64]

    def cut(self, rows: slice) -> ArrowArray:
        return pa.array(self.numbers[rows]).cast(pa.large_string())


@dataclass(frozen=True)
class Chosen:
    """The pieces where `mask` says so, elsewhere the one text."""

    mask: NDArray[np.bool_]
    pieces: Sequence["Piece"]
    otherwise: str

    def cut(self, rows: slice) -> ArrowArray:
        mask: ArrowArray = pa.array(self.mask[rows])
        return pc.if_else(mask, _joined(self.pieces, rows), pa.scalar(self.otherwise, pa.large_string()))


Piece = str | Taken | Numbers | Chosen


def joined(pieces: Sequence[Piece], count: int) -> ArrowArray:
    """Row by row, the pieces one after the other."""
    parts = list(joined_parts(pieces, count))
    return pa.concat_arrays(parts) if parts else pa.array([], pa.large_string())


def joined_parts(pieces: Sequence[Piece], count: int) -> Iterator[ArrowArray]:
    """Join some thousands of rows at a time."""
    for start in range(0, count, _ROWS_AT_ONCE):
        yield _joined(pieces, slice(start, min(start + _ROWS_AT_ONCE, count)))


def _joined(pieces: Sequence[Piece], rows: slice) -> ArrowArray:
    parts = [pa.scalar(piece, pa.large_string()) if isinstance(piece, str) else piece.cut(rows) for piece in pieces]
    return pc.binary_join_element_wise(*parts, pa.scalar("", pa.large_string()))
