"""Visitors and accounts: everything of one kind, page by page. Pendo has no cursor, so the id is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Raw

from pendant.connectors.declaration import Resource
from pendant.connectors.pendo.query import Stage, aggregation, all_of, asks_too_much, broke_off, rows_of
from pendant.connectors.pendo.ranges import Ids, Range
from pendant.connectors.pendo.records import KeyReader
from pendant.connectors.pendo.sizes import SIZES, Sizes
from pendant.errors import RemoteProblem, SliceTooLarge
from pendant.model.http import Channel
from pendant.model.pipeline import RunMeter
from pendant.model.run import Slice

PAGE_SIZE_MIN = 100
BREAKS_WITHOUT_PROGRESS_MAX = 4


class Entities:
    """Implements Records. A page that breaks off is taken up again behind the last record that arrived."""

    def __init__(
        self,
        channel: Channel,
        resource: Resource,
        *,
        sizes: Sizes = SIZES,
    ) -> None:
        self._channel = channel
        self._resource = resource
        self._sizes = sizes
        self._ids = Ids(channel, resource.source, resource.key[0])

    def plan(self) -> Sequence[Slice]:
        return [one.as_slice() for one in self._ids.ranges(self._sizes.slice_ids)]

    def split(self, part: Slice) -> tuple[Slice, Slice] | None:
        found = self._ids.halves(Range.of(part))
        return (found[0].as_slice(), found[1].as_slice()) if found else None

    def count(self, part: Slice) -> int | None:
        return self._ids.count(Range.of(part))

    def read(self, part: Slice, _meter: RunMeter) -> Iterator[list[Raw]]:
        within = Range.of(part)
        position = _Position(self._resource.key[0])
        size, breaks = self._sizes.page, 0
        while True:
            rows = 0
            try:
                for records in self._page(within, position.last, size):
                    position.move(records)
                    rows += len(records)
                    breaks = 0
                    yield records
            except RemoteProblem as problem:
                size, breaks = _next_try(problem, size, breaks)
                continue
            if rows < size:
                return
            position.end_page()

    def _page(self, within: Range, last: str | None, size: int) -> Iterator[list[Raw]]:
        key = self._resource.key[0]
        rest = within if last is None else Range(last, within.up_to)
        source: Stage = {"source": {self._resource.source: None}}
        pipeline = [source, *all_of(rest.conditions(key)), {"sort": [key]}, {"limit": size}]
        request = aggregation(self._resource.name, pipeline)
        yield from rows_of(self._channel, request, lambda: self._ids.count(rest))


class _Position:
    """Where reading stands; raises instead of going round in a circle."""

    def __init__(self, key: str) -> None:
        self._key = KeyReader(key)
        self.last: str | None = None
        self._ends: set[str] = set()
        self._page_begins = True

    def move(self, records: list[Raw]) -> None:
        if self._page_begins and self.last is not None and self._key.of(records[0]) == self.last:
            raise _did_not_move(self.last)
        self._page_begins = False
        self.last = self._key.of(records[-1])
        if self.last in self._ends:
            raise _did_not_move(self.last)

    def end_page(self) -> None:
        assert self.last is not None
        self._ends.add(self.last)
        self._page_begins = True


def _next_try(problem: RemoteProblem, size: int, breaks: int) -> tuple[int, int]:
    """Return the page size and the number of breaks to go on with, or raise `problem` when that is no use."""
    if asks_too_much(problem):
        if size <= PAGE_SIZE_MIN:
            raise SliceTooLarge("page_too_large", f"Pendo cannot answer for {size} records at once.") from problem
        return max(PAGE_SIZE_MIN, size // 2), breaks
    if not broke_off(problem) or breaks >= BREAKS_WITHOUT_PROGRESS_MAX:
        raise problem
    return size, breaks + 1


def _did_not_move(last: str) -> RemoteProblem:
    return RemoteProblem(
        "page_did_not_move",
        f"Pendo answered the records after {last[:100]!r} with records that were read before.",
        hint="Nothing was written. Report it to Pendo's support: the filter of the request was not applied.",
    )
