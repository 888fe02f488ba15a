"""The objects above: which reports, guides or segments there are, to ask for what belongs to each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from pendant.connectors.declaration import Resource
from pendant.connectors.pendo.lists import Lists
from pendant.connectors.pendo.nested import fields_of
from pendant.connectors.pendo.records import ALL
from pendant.errors import WrongInput
from pendant.model.http import Channel
from pendant.model.run import Slice

_LABEL_MAX = 60


@dataclass(frozen=True, slots=True)
class Parent:
    """`fields` are those of its record that the columns of what belongs to it name."""

    id: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parents:
    """The objects of the list `above`, or, with `ids`, some of them."""

    channel: Channel
    above: Resource
    apps: Sequence[int]
    ids: Sequence[str]
    names: Sequence[str]

    def found(self) -> list[Parent]:
        """Ask for the list, in the order of ids. Raises WrongInput for an id that is not there."""
        listed = {parent.id: parent for parent in self._listed()}
        if missing := [one for one in self.ids if one not in listed]:
            raise WrongInput(
                "id_unknown",
                f"{self.above.title} have none with the id {missing[0][:100]!r}.",
                hint="Look at the ids with an export of " + self.above.name + ".",
                field="ids",
            )
        return [listed[one] for one in sorted(self.ids or listed)]

    def _listed(self) -> Iterator[Parent]:
        for raw in Lists(self.channel, self.above, apps=self.apps).records():
            fields = fields_of(raw)
            plain = {name: msgspec.json.decode(fields[name]) for name in ("id", *self.names) if name in fields}
            if isinstance(plain.get("id"), str):
                yield Parent(plain["id"], {name: plain.get(name) for name in self.names})


def slices_of(parents: Sequence[Parent], *, each: int) -> list[Slice]:
    """Return slices of `each` objects; one without any where there are none."""
    chunks = [parents[start : start + each] for start in range(0, len(parents), each)]
    return [_slice([[one.id, one.fields] for one in chunk]) for chunk in chunks] or [ALL]


def halves_of(part: Slice) -> tuple[Slice, Slice] | None:
    if part == ALL or len(part.lower) < 2:  # noqa: PLR2004 - two halves need two
        return None
    middle = len(part.lower) // 2
    return _slice(part.lower[:middle]), _slice(part.lower[middle:])


def parents_of(part: Slice) -> list[Parent]:
    return [] if part == ALL else [Parent(*one) for one in part.lower]


def _slice(parents: list[list[Any]]) -> Slice:
    ids = [one[0] for one in parents]
    digest = hashlib.sha256(repr(ids).encode()).hexdigest()[:12]
    more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
    return Slice(key=f"of-{digest}", lower=parents, upper=None, label=f"{ids[0][:_LABEL_MAX]}{more}")
