"""Ranges of ids: how visitors and accounts are cut into slices that can be read at the same time.

A range holds the ids after `after` up to and including `up_to`, in Pendo's own order. Its upper end is asked for as
the exact opposite of the next range's lower end, so that ranges are disjoint and complete whatever Pendo thinks of
odd ids. Edges are found by counted skipping: Pendo names the id at a place in its order.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise

from pendant.connectors.pendo.query import (
    Stage,
    aggregation,
    all_of,
    asks_too_much,
    broke_off,
    count_of,
    quoted,
    small_rows,
)
from pendant.connectors.pendo.records import ALL
from pendant.errors import BrokenAnswer, RemoteProblem
from pendant.model.http import Channel
from pendant.model.run import Slice

RANGES_MAX = 64
_LABEL_MAX = 60


@dataclass(frozen=True, slots=True)
class Range:
    after: str | None = None
    up_to: str | None = None

    def conditions(self, key: str) -> list[str]:
        found = []
        if self.after is not None:
            found.append(f"{key} > {quoted(self.after)}")
        if self.up_to is not None:
            found.append(f"!({key} > {quoted(self.up_to)})")
        return found

    def as_slice(self) -> Slice:
        if self == WHOLE:
            return ALL
        label = f"{_shown(self.after, 'the first')} to {_shown(self.up_to, 'the last')}"
        return Slice(key=f"ids-{self.fingerprint}", lower=self.after, upper=self.up_to, label=label)

    @classmethod
    def of(cls, part: Slice) -> Range:
        return cls(part.lower, part.upper)

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(repr((self.after, self.up_to)).encode()).hexdigest()[:12]


WHOLE = Range()


@dataclass(frozen=True, slots=True)
class Ids:
    """All ids of one kind: the field `key` of the rows of an aggregation source that has no time."""

    channel: Channel
    source: str
    key: str

    def count(self, within: Range) -> int:
        return count_of(self.channel, f"{self.source} count", self._rows(within))

    def ranges(self, ids_each: int) -> list[Range]:
        """Return ranges of about `ids_each` ids that cover all of them; one where there are few."""
        try:
            edges = self._edges(ids_each)
        except RemoteProblem as problem:
            if not (asks_too_much(problem) or broke_off(problem)):
                raise
            # Whoever reads asks for less as far as need be; only reading several at once is lost.
            edges = []
        return [Range(*pair) for pair in pairwise([None, *edges, None])]

    def _edges(self, ids_each: int) -> list[str]:
        count = self.count(WHOLE)
        parts = min(RANGES_MAX, -(-count // ids_each))
        found = (self._at(WHOLE, count * part // parts) for part in range(1, parts))
        # Whatever came or went between two questions, edges in order make ranges that fit together.
        return list(dict.fromkeys(edge for edge in found if edge is not None))

    def halves(self, whole: Range) -> tuple[Range, Range] | None:
        """Split at the middle one of the ids there are; None when there are not two."""
        count = self.count(whole)
        if count < 2:  # noqa: PLR2004 - two halves need two
            return None
        middle = self._at(whole, count // 2)
        if middle is None:
            raise BrokenAnswer("answer_unexpected", f"Pendo named no {self.key} in the middle of a range.")
        if middle == whole.up_to:
            return None
        return Range(whole.after, middle), Range(middle, whole.up_to)

    def _at(self, within: Range, number: int) -> str | None:
        """Return the id at a place counted from 1, or None where there is none."""
        pick: list[Stage] = [{"sort": [self.key]}, {"skip": number - 1}, {"limit": 1}, {"select": {"id": self.key}}]
        rows = small_rows(self.channel, aggregation(f"{self.source} edge", [*self._rows(within), *pick]))
        found = rows[0].get("id") if rows else None
        return found if isinstance(found, str) else None

    def _rows(self, within: Range) -> list[Stage]:
        return [{"source": {self.source: None}}, *all_of(within.conditions(self.key))]


def _shown(edge: str | None, otherwise: str) -> str:
    return otherwise if edge is None else edge[:_LABEL_MAX]
