"""What a day of rows looked like, in 8 kB: enough to say how many of them are not as they were.

Every row falls into one of 1,024 buckets by its key, and each bucket holds the exclusive or of the marks (hashes) of
its rows. A row that is new, gone or changed changes one bucket. Two of them can share a bucket, so that many changes
are counted by estimate; up to a few dozen the number is exact but for rare chances.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

BUCKETS = 1024
_BYTES = 8 * BUCKETS

Mark = tuple[int, int]
"""A bucket, and what to mix into it."""


def _blank() -> array[int]:
    return array("Q", bytes(_BYTES))


@dataclass(slots=True)
class Imprint:
    rows: int = 0
    marks: array[int] = field(default_factory=_blank)

    def add(self, rows: int, marks: Iterable[Mark]) -> None:
        self.rows += rows
        for bucket, mark in marks:
            self.marks[bucket] ^= mark

    def merge(self, other: Imprint) -> None:
        """Take in rows that are not here yet."""
        self.add(other.rows, enumerate(other.marks))

    def differs_by(self, other: Imprint) -> int:
        """Return about how many rows are not the same in both."""
        differing = sum(mine != theirs for mine, theirs in zip(self.marks, other.marks, strict=True))
        most = self.rows + other.rows
        if differing >= BUCKETS:
            return most
        return min(most, max(differing, round(-BUCKETS * math.log(1 - differing / BUCKETS))))

    def as_bytes(self) -> bytes:
        return self.marks.tobytes()

    @classmethod
    def from_bytes(cls, rows: int, marks: bytes) -> Imprint:
        return cls(rows, array("Q", marks if len(marks) == _BYTES else bytes(_BYTES)))
