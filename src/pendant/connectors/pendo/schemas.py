"""Metadata schemas: read as a resource of their own, and to know the columns of visitors and accounts."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Raw

from pendant.connectors.pendo.query import read_whole
from pendant.connectors.pendo.records import InOnePiece
from pendant.errors import BrokenAnswer
from pendant.model.http import Channel, Request
from pendant.model.pipeline import RunMeter
from pendant.model.run import Slice

KINDS = ("visitor", "account")

Groups = dict[str, dict[str, Raw] | None]

_groups = msgspec.json.Decoder(Groups)


def groups_of(channel: Channel, kind: str) -> Groups:
    """Return group → field → what Pendo says about the field. There is always some field."""

    def read(body: bytes) -> Groups:
        try:
            found = _groups.decode(body)
        except msgspec.DecodeError:
            found = {}
        if any(found.values()):
            return found
        raise BrokenAnswer(
            "answer_unexpected",
            f"The metadata schema of {kind}s is not what Pendo documents.",
            hint="Check that the base URI is the address of Pendo's API.",
        )

    return read_whole(channel, Request(method="GET", path=f"/api/v1/metadata/schema/{kind}"), read)


class Schemas(InOnePiece):
    """Implements Records: one record for each metadata field."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def read(self, _part: Slice, _meter: RunMeter) -> Iterator[list[Raw]]:
        found = [
            Raw(msgspec.json.encode({"kind": kind, "group": group, "field": field, "schema": said}))
            for kind in KINDS
            for group, fields in groups_of(self._channel, kind).items()
            for field, said in (fields or {}).items()
        ]
        if found:
            yield found
