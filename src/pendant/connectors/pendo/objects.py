"""Small answers that are no list of records: an order of guides, a vocabulary, who uses what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import Raw

from pendant.connectors.declaration import Resource
from pendant.connectors.pendo.metadata import known_apps
from pendant.connectors.pendo.nested import fields_of, joined
from pendant.connectors.pendo.query import listing, read_whole
from pendant.connectors.pendo.records import InOnePiece
from pendant.errors import BrokenAnswer
from pendant.model.http import Channel
from pendant.model.pipeline import RunMeter
from pendant.model.run import Slice

_items = msgspec.json.Decoder(list[Raw])
_any = msgspec.json.Decoder(Raw)


class Objects(InOnePiece):
    """Implements Records: a list is its elements; an object is one record, or, with `members`, one for each member.

    What belongs to applications is asked for one application after the other.
    """

    def __init__(self, channel: Channel, resource: Resource, *, apps: Sequence[int]) -> None:
        self._channel = channel
        self._resource = resource
        self._apps = apps

    def read(self, _part: Slice, _meter: RunMeter) -> Iterator[list[Raw]]:
        by_app = self._resource.apps == "query"
        apps: Sequence[int | None] = (self._apps or known_apps(self._channel)) if by_app else []
        for app in apps or [None]:
            request = listing(self._resource.path, app=app, by_app=app is not None)
            if found := read_whole(self._channel, request, lambda body: list(self._records(_decoded(body)))):
                yield found

    def _records(self, whole: Raw) -> Iterator[Raw]:
        if not bytes(whole).lstrip().startswith(b"[") and not self._is_known(fields_of(whole)):
            raise BrokenAnswer("answer_unexpected", f"The answer holds nothing of {self._resource.title.lower()}.")
        if bytes(whole).lstrip().startswith(b"["):
            yield from _items.decode(whole)
        elif not self._resource.members:
            yield whole
        else:
            for name, value in fields_of(whole).items():
                items = _items.decode(value) if bytes(value).startswith(b"[") else [value]
                for position, item in enumerate(items):
                    yield joined({self._resource.members: name, "position": position}, item, under=self._resource.nest)

    def _is_known(self, fields: Mapping[str, Raw]) -> bool:
        """Tell whether an object has what is asked for: some of the columns, or a list in each member."""
        if self._resource.members:
            return any(bytes(value).startswith(b"[") for value in fields.values())
        return any(path.partition(".")[0] in fields for path in self._resource.columns)


def _decoded(body: bytes) -> Raw:
    try:
        return _any.decode(body)
    except msgspec.DecodeError:
        raise BrokenAnswer("answer_unexpected", "The answer is not JSON.") from None
