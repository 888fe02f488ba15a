"""Which modes of loading a target has, and the two laws that let a load be repeated: every row of a slice lies in the
window of that slice, and every row that is merged has its whole key. Both are checked before a row is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from pendant.errors import WrongInput
from pendant.model.pipeline import Load, LoadMode
from pendant.model.run import Slice

ONLY_REPLACE = frozenset({LoadMode.REPLACE})

# pyarrow's stubs know fewer argument types than its functions take.
compute: Any = pc

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def refuse_mode(load: Load, possible: frozenset[LoadMode], kind: str) -> None:
    """Raise WrongInput when a kind of target does not have the mode asked for."""
    if load.mode not in possible:
        known = " or ".join(mode.value for mode in LoadMode if mode in possible)
        raise unsupported(
            f"{kind} cannot be loaded in the mode {load.mode.value}.",
            f"Choose the mode {known}, or another target: a table of .duckdb, .sqlite or postgresql: has every mode, "
            "a folder/ of days has replace and slices.",
        )


def unsupported(message: str, hint: str) -> WrongInput:
    return WrongInput("load_unsupported", message, hint=hint, field="mode")


def check_load(load: Load, schema: pa.Schema) -> None:
    """Raise WrongInput when rows of `schema` cannot be loaded so: a column of the key or of the time is missing."""
    needed = {LoadMode.MERGE: load.key, LoadMode.SLICES: (load.time,)}.get(load.mode, ())
    if load.mode in (LoadMode.MERGE, LoadMode.SLICES) and not any(needed):
        raise unsupported(
            f"The mode {load.mode.value} needs the columns that say which rows give way, and there are none.",
            "Choose another mode for this resource.",
        )
    for name in needed:
        if name not in schema.names:
            raise unsupported(
                f'The mode {load.mode.value} needs the column "{name}", which the selection leaves out.',
                "Add it to the selection, or choose another mode.",
            )
        _check_type(load, name, schema.field(name).type)


def _check_type(load: Load, name: str, kind: pa.DataType) -> None:
    if load.mode is LoadMode.SLICES and not (types.is_timestamp(kind) and kind.tz):
        raise unsupported(
            f'The column "{name}" is of the type {kind}; the mode slices needs a time with a time zone there.',
            "Leave the column as it is in the selection, or choose another mode.",
        )
    if types.is_nested(kind):
        raise unsupported(
            f'The column "{name}" is of the type {kind}, by which rows cannot be told apart.',
            "Leave the column as it is in the selection, or choose another mode.",
        )


def checked(part: Slice, batches: Iterator[pa.RecordBatch], load: Load) -> Iterator[pa.RecordBatch]:
    """Yield the batches of a slice; raise WrongInput at the first row that a second load would not find again."""
    if load.mode is LoadMode.SLICES:
        return _in_window(part, _window(part), batches, load.time)
    return _with_key(batches, load.key) if load.mode is LoadMode.MERGE else batches


def windows_of(parts: Sequence[Slice]) -> list[tuple[int, int]]:
    """Return the windows of the slices in ms, joined where they touch, in order."""
    joined: list[tuple[int, int]] = []
    for since, until in sorted(_window(part) for part in parts):
        if joined and since <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(until, joined[-1][1]))
        else:
            joined.append((since, until))
    return joined


def moment(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


def _window(part: Slice) -> tuple[int, int]:
    if part.window is None:
        raise unsupported(
            f"{part.label or part.key} is not a window of time, as the mode slices needs.", "Choose another mode."
        )
    return part.window


def _in_window(
    part: Slice, window: tuple[int, int], batches: Iterator[pa.RecordBatch], time: str
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        times = batch.column(time)
        if len(times):
            ends = compute.min_max(times.cast(pa.timestamp("us", "UTC")).cast(pa.int64()))
            first, last = ends["min"].as_py(), ends["max"].as_py()
            if times.null_count or first < window[0] * 1000 or last >= window[1] * 1000:
                raise WrongInput(
                    "row_outside_window",
                    f'A row of {part.label or part.key} has a value in "{time}" that does not lie in that window.',
                    hint="Leave the column as it is in the selection, or choose another mode.",
                    field="select",
                )
        yield batch


def _with_key(batches: Iterator[pa.RecordBatch], key: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for name in key:
            if batch.column(name).null_count:
                raise WrongInput(
                    "key_empty",
                    f'A row has nothing in "{name}", by which rows are merged.',
                    hint=f'Leave such rows out with the filter "{name}" IS NOT NULL, or choose another mode.',
                    field="filter",
                )
        yield batch
