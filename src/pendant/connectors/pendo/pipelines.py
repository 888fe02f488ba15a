"""Any aggregation pipeline: read in one answer, or day by day where that gives the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Raw

from pendant.connectors.declaration import ColumnType, Connector
from pendant.connectors.pendo.asked import Asked
from pendant.connectors.pendo.inference import columns_in, keys_of_last, known_times
from pendant.connectors.pendo.layout import Column, declared
from pendant.connectors.pendo.pipeline_text import pipeline_of
from pendant.connectors.pendo.query import Stage, aggregation, asks_too_much, broke_off, count_of, rows_of, small_rows
from pendant.connectors.pendo.records import ALL
from pendant.connectors.pendo.sizes import SIZES, Sizes
from pendant.connectors.pendo.windows import DAY_MS, Window, days_for
from pendant.connectors.pendo.zone import midnights
from pendant.errors import RemoteProblem, SliceTooLarge, WrongInput
from pendant.model.http import Channel
from pendant.model.pipeline import RunMeter
from pendant.model.run import Note, Slice

PROBE_ROWS = 1_000
DAYS_MAX = 30


class Pipelines:
    """Implements Records."""

    def __init__(
        self,
        channel: Channel,
        connector: Connector,
        asked: Asked,
        time_zone: Callable[[], str],
        *,
        sizes: Sizes = SIZES,
    ) -> None:
        self._channel = channel
        self._connector = connector
        self._asked = asked
        self._time_zone = time_zone
        self._pipeline = pipeline_of(asked.pipeline)
        self._window_days = sizes.window_days
        self._whole = Window(asked.since, asked.until)
        if asked.spanned and not self._pipeline.takes_times:
            raise WrongInput(
                "window_unused",
                "The pipeline does not say where since and until belong.",
                hint='Write ":since" and ":until" where the first and the last millisecond stand, such as '
                '{"period": "dayRange", "first": ":since", "last": ":until"}.',
                field="since",
            )

    def columns(self) -> list[Column]:
        """Return the columns of the first rows, of the last day if there are any. Asks Pendo for them."""
        days = [self._whole.since, *self._midnights]
        tries = [Window(days[-1], self._whole.until), self._whole] if len(days) > 1 else [self._whole]
        for window in tries:
            if rows := self._first_rows(window):
                return columns_in(rows, known_times(self._connector))
        return self._columns_without_rows()

    def plan(self) -> Sequence[Slice]:
        if not self._pipeline.takes_times:
            return [ALL]
        edges = [self._whole.since, *self._midnights][:: self._days_at_once()]
        return [Window(*pair).as_slice() for pair in pairwise([*edges, self._whole.until])]

    def split(self, part: Slice) -> tuple[Slice, Slice] | None:
        if part == ALL:
            return None
        window = Window.of(part)
        inside = [edge for edge in self._midnights if window.since < edge < window.until]
        if not inside:
            return None
        middle = inside[len(inside) // 2]
        return Window(window.since, middle).as_slice(), Window(middle, window.until).as_slice()

    def count(self, part: Slice) -> int | None:
        return self._count(part)

    def read(self, part: Slice, meter: RunMeter) -> Iterator[list[Raw]]:
        meter.note(
            Note(
                "columns_inferred",
                f"Pendo names no columns for a pipeline; they were found from its first {PROBE_ROWS:,} rows at most. "
                "What came later is in other_fields.",
            )
        )
        try:
            request = aggregation("pipeline", self._stages(part))
            yield from rows_of(self._channel, request, lambda: self._count(part))
        except RemoteProblem as problem:
            if asks_too_much(problem) or (broke_off(problem) and self.split(part) is not None):
                raise SliceTooLarge("slice_too_large", problem.message, status=problem.status) from problem
            raise

    def _count(self, part: Slice) -> int:
        return count_of(self._channel, "pipeline count", self._stages(part))

    def _stages(self, part: Slice) -> list[Stage]:
        window = self._whole if part == ALL else Window.of(part)
        return self._pipeline.within(window.since, window.until)

    @cached_property
    def _midnights(self) -> list[int]:
        """Where the span may be cut: where days of the subscription begin, if the pipeline allows it at all."""
        if not self._pipeline.can_be_sliced or self._whole.until - self._whole.since <= DAY_MS:
            return []
        name = self._time_zone()
        return list(midnights(ZoneInfo(name), self._whole.since, self._whole.until)) if name else []

    def _days_at_once(self) -> int:
        if self._window_days or not self._midnights:
            return self._window_days or 1
        try:
            rows = self._count(ALL)
        except RemoteProblem as problem:
            if asks_too_much(problem) or broke_off(problem):
                return 1
            raise
        return days_for(rows, self._whole.since, self._whole.until, days_max=DAYS_MAX)

    def _first_rows(self, window: Window) -> list[dict[str, Any]]:
        stages = [*self._pipeline.within(window.since, window.until), {"limit": PROBE_ROWS}]
        return small_rows(self._channel, aggregation("pipeline columns", stages))

    def _columns_without_rows(self) -> list[Column]:
        """Name what the pipeline itself names, or the columns of its source: a table needs some."""
        if names := list(dict.fromkeys(keys_of_last(self._pipeline.stages))):
            return [Column(name, (name,), ColumnType.ANY_TEXT) for name in names]
        source = self._pipeline.stages[0].get("source") or {}
        resource = next((one for one in self._connector.resources if one.source in source), None)
        found = declared(self._connector.columns_of(resource)) if resource else []
        return found or [Column("row", ("row",), ColumnType.JSON)]
