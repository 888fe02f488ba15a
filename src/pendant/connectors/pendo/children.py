"""What belongs to each object of a list and has an address of its own: results of reports, history of guides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Raw

from pendant.connectors.declaration import Resource
from pendant.connectors.pendo.cut import cut
from pendant.connectors.pendo.nested import PARENT, joined
from pendant.connectors.pendo.parents import Parent, Parents, halves_of, parents_of, slices_of
from pendant.connectors.pendo.query import of_object
from pendant.errors import RequestRefused
from pendant.model.http import Channel
from pendant.model.pipeline import RunMeter
from pendant.model.run import Note, Slice

PARENTS_PER_SLICE = 20
# What Pendo says of an object to which nothing of the kind belongs; any other refusal is about the request.
_HAS_NONE = frozenset({400, 404, 422})


class Children:
    """Implements Records. An object for which Pendo refuses the answer is named in a note and left out."""

    def __init__(self, channel: Channel, resource: Resource, parents: Parents) -> None:
        self._channel = channel
        self._resource = resource
        self._parents = parents

    def plan(self) -> Sequence[Slice]:
        return slices_of(self._parents.found(), each=PARENTS_PER_SLICE)

    def split(self, part: Slice) -> tuple[Slice, Slice] | None:
        return halves_of(part)

    def count(self, _part: Slice) -> int | None:
        return None

    def read(self, part: Slice, meter: RunMeter) -> Iterator[list[Raw]]:
        for parent in parents_of(part):
            try:
                yield from self._of(parent)
            except RequestRefused as problem:
                if problem.status not in _HAS_NONE:
                    raise
                meter.note(
                    Note(
                        "left_out", f"Pendo refuses {self._resource.title.lower()} of {parent.id!r}: {problem.message}"
                    )
                )

    def _of(self, parent: Parent) -> Iterator[list[Raw]]:
        position = 0
        with self._channel.stream(of_object(self._resource.path, parent.id)) as body:
            for records in cut(body.pieces(), bare=True):
                yield [
                    joined({PARENT: parent.fields, "position": position + place}, record, under=self._resource.nest)
                    for place, record in enumerate(records)
                ]
                position += len(records)
