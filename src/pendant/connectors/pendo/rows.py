"""Rows of an aggregation source that knows no time and is small: applications, product areas. One answer holds all."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Raw

from pendant.connectors.declaration import Resource
from pendant.connectors.pendo.query import Stage, aggregation, count_of, rows_of
from pendant.connectors.pendo.records import InOnePiece
from pendant.model.http import Channel
from pendant.model.pipeline import RunMeter
from pendant.model.run import Slice


class Rows(InOnePiece):
    """Implements Records."""

    def __init__(self, channel: Channel, resource: Resource) -> None:
        self._channel = channel
        self._resource = resource
        self._source: Stage = {"source": {resource.source: None}}

    def count(self, _part: Slice) -> int | None:
        return self._count()

    def read(self, _part: Slice, _meter: RunMeter) -> Iterator[list[Raw]]:
        pipeline = [self._source, {"sort": list(self._resource.key)}]
        yield from rows_of(self._channel, aggregation(self._resource.name, pipeline), self._count)

    def _count(self) -> int:
        return count_of(self._channel, f"{self._resource.name} count", [self._source])
