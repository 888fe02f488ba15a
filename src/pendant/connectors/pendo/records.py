"""The interface between "which records, in which order" and everything that is done with them.

One implementation for each kind of resource: entities.py, events.py, lists.py, schemas.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import msgspec
from msgspec import Raw

from pendant.errors import BrokenAnswer
from pendant.model.pipeline import RunMeter
from pendant.model.run import Note, Slice

ALL = Slice(key="all", lower=None, upper=None, label="all")


class Records(Protocol):
    """`plan`, `split` and `count` are those of model.pipeline.Source."""

    def plan(self) -> Sequence[Slice]: ...

    def split(self, part: Slice) -> tuple[Slice, Slice] | None: ...

    def count(self, part: Slice) -> int | None: ...

    def read(self, part: Slice, meter: RunMeter) -> Iterator[list[Raw]]:
        """Yield the records of `part` in order, each exactly once, in lists that are never empty.

        `meter` is told what a person should know; rows are counted by whoever calls.
        """
        ...


class InOnePiece:
    """The plan of records that one request or a few give, and that nobody counts."""

    def plan(self) -> Sequence[Slice]:
        return [ALL]

    def split(self, _part: Slice) -> tuple[Slice, Slice] | None:
        return None

    def count(self, _part: Slice) -> int | None:
        return None


TEXT_REPAIRED = Note("text_repaired", "Text that is not valid UTF-8 came; the bytes at fault became \ufffd.")


def not_a_record() -> BrokenAnswer:
    return BrokenAnswer("record_not_object", "The answer holds something that is not a record among its records.")


class KeyReader:
    """Reads one text field of a record."""

    def __init__(self, name: str) -> None:
        kind: Any = msgspec.defstruct("Keyed", [("key", str)], rename={"key": name})
        self._name = name
        self._one = msgspec.json.Decoder(kind)

    def of(self, record: Raw) -> str:
        try:
            key: str = self._one.decode(record).key
        except msgspec.ValidationError:
            raise BrokenAnswer("key_missing", f"A record has no text in {self._name}, by which it is found.") from None
        return key
