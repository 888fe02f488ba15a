"""JSON put together column by column from ready pieces: a dict for each of a million rows would take many seconds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pendosim.tables import ArrowArray
from pendosim.values import to_json


def joined(pieces: Sequence[Any]) -> ArrowArray:
    """Row by row, arrays and constant texts one after the other."""
    scalars = [pa.scalar(piece, pa.large_string()) if isinstance(piece, str) else piece for piece in pieces]
    return pc.binary_join_element_wise(*scalars, pa.scalar("", pa.large_string()))


def json_text(value: object) -> str:
    return to_json(value).decode()


def texts(numbers: NDArray[np.int64]) -> ArrowArray:
    return pa.array(numbers).cast(pa.large_string())


def taken(pool: Sequence[str], places: NDArray[np.int64]) -> ArrowArray:
    """Take from the pool; its last for place -1."""
    indices: ArrowArray = pa.array(places % max(1, len(pool)))
    return pa.array(pool, pa.large_string()).take(indices)
