"""Guides and polls as visitors saw them: Pendo sums up a span of time, so only visitors can be cut into slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Raw

from pendant.connectors.declaration import Resource
from pendant.connectors.pendo.query import ALL_APPS, Stage, aggregation, all_of, asks_too_much, count_of, rows_of
from pendant.connectors.pendo.ranges import Ids, Range
from pendant.connectors.pendo.sizes import SIZES, Sizes
from pendant.errors import RemoteProblem, SliceTooLarge
from pendant.model.http import Channel
from pendant.model.pipeline import RunMeter
from pendant.model.run import Slice


class Seen:
    """Implements Records. Pendo rounds the span to whole days of the subscription's time zone."""

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
        series = {"period": "dayRange", "first": since, "last": until - 1}
        params = {"appId": list(apps) or ALL_APPS}
        self._source: Stage = {"source": {resource.source: params, "timeSeries": series}}
        self._visitors = Ids(channel, "visitors", "visitorId")
        self._sizes = sizes

    def plan(self) -> Sequence[Slice]:
        return [one.as_slice() for one in self._visitors.ranges(self._sizes.slice_ids)]

    def split(self, part: Slice) -> tuple[Slice, Slice] | None:
        found = self._visitors.halves(Range.of(part))
        return (found[0].as_slice(), found[1].as_slice()) if found else None

    def count(self, part: Slice) -> int | None:
        return self._count(part)

    def _count(self, part: Slice) -> int:
        return count_of(self._channel, f"{self._resource.name} count", self._rows(part))

    def read(self, part: Slice, _meter: RunMeter) -> Iterator[list[Raw]]:
        pipeline = [*self._rows(part), {"sort": list(self._resource.key)}]
        try:
            yield from rows_of(self._channel, aggregation(self._resource.name, pipeline), lambda: self._count(part))
        except RemoteProblem as problem:
            if asks_too_much(problem):
                raise SliceTooLarge("slice_too_large", problem.message, status=problem.status) from problem
            raise

    def _rows(self, part: Slice) -> list[Stage]:
        return [self._source, *all_of(Range.of(part).conditions("visitorId"))]
