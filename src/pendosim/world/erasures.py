"""Requests for bulk deletion, from the first call to the receipt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pendosim.values import Row
from pendosim.world.agenda import Agenda
from pendosim.world.ids import object_id

OfIds = Callable[[str, Sequence[str]], None]
"""Takes the kind and the ids."""


@dataclass
class Erasures:
    agenda: Agenda
    now: Callable[[], int]
    due: Callable[[str], int]
    flag: OfIds
    erase: OfIds
    _receipts: dict[str, Row] = field(default_factory=dict)

    def begin(self, kind: str, ids: Sequence[str]) -> Row:
        """Nothing of these ids is processed from now on; later they are erased."""
        now = self.now()
        receipt: Row = {
            "id": object_id("erasure", now, len(self._receipts)),
            "kind": kind,
            "ids": list(ids),
            "status": "pending",
            "createdAt": now,
        }
        self._receipts[receipt["id"]] = receipt
        self.flag(kind, ids)
        due = self.due("erase_delay")
        self.agenda.add(due, lambda: self._end(receipt, due))
        return receipt

    def _end(self, receipt: Row, at: int) -> None:
        self.erase(receipt["kind"], receipt["ids"])
        self._receipts[receipt["id"]] = receipt | {"status": "complete", "completedAt": at}

    def outstanding(self) -> list[Row]:
        return [one for one in self._receipts.values() if one["status"] == "pending"]

    def receipt(self, name: str) -> Row | None:
        return self._receipts.get(name)
