"""Event streams: windows of time, each read whole in one answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Raw

from pendant.connectors.declaration import Resource
from pendant.connectors.pendo.query import (
    ALL_APPS,
    Stage,
    aggregation,
    all_of,
    asks_too_much,
    broke_off,
    count_of,
    rows_of,
)
from pendant.connectors.pendo.ranges import Ids
from pendant.connectors.pendo.sizes import SIZES, Sizes
from pendant.connectors.pendo.windows import DAY_MS, Window, days_for, halves, planned
from pendant.errors import RemoteProblem, SliceTooLarge
from pendant.model.http import Channel
from pendant.model.pipeline import RunMeter
from pendant.model.run import Slice

# A way to Pendo that keeps breaking is not helped by ever smaller slices.
BREAKS_MAX = 24


class Events:
    """Implements Records."""

    def __init__(
        self,
        channel: Channel,
        resource: Resource,
        *,
        since: int,
        until: int,
        apps: Sequence[int],
        sizes: Sizes = SIZES,
    ) -> None:
        self._channel = channel
        self._resource = resource
        self._since = since
        self._until = until
        self._apps: str | list[int] = list(apps) or ALL_APPS
        self._window_days = sizes.window_days
        self._breaks = 0

    def plan(self) -> Sequence[Slice]:
        days = self._window_days or self._days_by_count()
        return [window.as_slice() for window in planned(self._since, self._until, days=days)]

    def split(self, part: Slice) -> tuple[Slice, Slice] | None:
        window = Window.of(part)
        found = halves(window, bucketed=self._resource.bucketed) or self._halves_by_visitor(window)
        return (found[0].as_slice(), found[1].as_slice()) if found else None

    def count(self, part: Slice) -> int | None:
        return self._count(Window.of(part))

    def read(self, part: Slice, _meter: RunMeter) -> Iterator[list[Raw]]:
        key = list(self._resource.key)
        # By time first, so that a file is in order as a whole.
        order = sorted(key, key=lambda name: name != self._resource.time)
        window = Window.of(part)
        request = aggregation(self._resource.name, [*self._rows(window), {"sort": order}])
        try:
            yield from rows_of(self._channel, request, lambda: self._count(window))
        except RemoteProblem as problem:
            if self._may_fit_in_halves(problem):
                raise SliceTooLarge(
                    "slice_too_large",
                    f"Pendo could not answer for {part.label} at once: {problem.message}",
                    status=problem.status,
                ) from problem
            raise
        self._breaks = 0

    def _may_fit_in_halves(self, problem: RemoteProblem) -> bool:
        self._breaks += 1
        return asks_too_much(problem) or (broke_off(problem) and self._breaks <= BREAKS_MAX)

    def _days_by_count(self) -> int:
        try:
            rows = self._count(Window(self._since, self._until))
        except RemoteProblem as problem:
            if asks_too_much(problem) or broke_off(problem):
                return 1
            raise
        return days_for(rows, self._since, self._until, days_max=self._resource.window_days_max)

    def _count(self, window: Window) -> int:
        return count_of(self._channel, f"{self._resource.name} count", self._rows(window))

    def _rows(self, window: Window) -> list[Stage]:
        """Return the source and the filter that give exactly the rows of a window, in any order.

        Pendo rounds both ends of a time series to whole buckets, which the filter then makes exact. Which time
        places a single event into a bucket is not documented, so a day on either side is looked through.
        """
        margin = 0 if self._resource.bucketed else DAY_MS
        series = {"period": "dayRange", "first": window.since - margin, "last": window.until - 1 + margin}
        source: Stage = {"source": {self._resource.source: {"appId": self._apps}, "timeSeries": series}}
        time = self._resource.time
        conditions = [f"{time} >= {window.since}", f"{time} < {window.until}", *window.visitors.conditions("visitorId")]
        return [source, *all_of(conditions)]

    def _halves_by_visitor(self, window: Window) -> tuple[Window, Window] | None:
        found = Ids(self._channel, "visitors", "visitorId").halves(window.visitors)
        if found is None:
            return None
        return Window(window.since, window.until, found[0]), Window(window.since, window.until, found[1])
