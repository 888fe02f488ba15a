"""Pages, features, track types, guides, reports, segments: Pendo sends each list whole, whatever is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Raw

from pendant.connectors.declaration import Resource
from pendant.connectors.pendo.cut import cut
from pendant.connectors.pendo.nested import parts_of
from pendant.connectors.pendo.query import broke_off, listing
from pendant.connectors.pendo.records import InOnePiece
from pendant.errors import RemoteProblem
from pendant.model.http import Channel
from pendant.model.pipeline import RunMeter
from pendant.model.run import Slice

TRIES_MAX = 4


class _Identified(msgspec.Struct):
    id: str = ""


_ids = msgspec.json.Decoder(list[_Identified])


class Lists(InOnePiece):
    """Implements Records. What an earlier request gave, for another application or before a break, is left out."""

    def __init__(
        self, channel: Channel, resource: Resource, *, apps: Sequence[int], parent_names: Sequence[str] = ()
    ) -> None:
        self._channel = channel
        self._resource = resource
        self._apps: Sequence[int | None] = apps or [None]
        self._parent_names = parent_names

    def read(self, _part: Slice, _meter: RunMeter) -> Iterator[list[Raw]]:
        for records in self._lists():
            if not self._resource.each:
                yield records
            elif parts := [part for one in records for part in parts_of(one, self._resource.each, self._parent_names)]:
                yield parts

    def records(self) -> Iterator[Raw]:
        """Yield the objects themselves."""
        for records in self._lists():
            yield from records

    def _lists(self) -> Iterator[list[Raw]]:
        met: set[str] = set()
        for app in self._apps:
            yield from self._whole(app, met)

    def _whole(self, app: int | None, met: set[str]) -> Iterator[list[Raw]]:
        for tries_left in reversed(range(TRIES_MAX)):
            before = frozenset(met)
            try:
                for records in self._once(app):
                    if fresh := _not_in(before, records, met):
                        yield fresh
            except RemoteProblem as problem:
                if not tries_left or not broke_off(problem):
                    raise
            else:
                return

    def _once(self, app: int | None) -> Iterator[list[Raw]]:
        request = listing(self._resource.path, app=app, by_app=self._resource.apps == "query")
        with self._channel.stream(request) as body:
            yield from cut(body.pieces(), bare=True)


def _not_in(before: frozenset[str], records: list[Raw], met: set[str]) -> list[Raw]:
    try:
        ids = [one.id for one in _ids.decode(b"".join((b"[", b",".join(records), b"]")))]
    except msgspec.ValidationError:
        # Without an id nothing can be told apart; what follows says what is wrong with the record.
        return records
    met.update(filter(None, ids))
    return [record for record, id_ in zip(records, ids, strict=True) if id_ not in before]
