"""What somebody asks of an export, before it is planned."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Export:
    """`connection` is a name; `apps` are application ids, empty for all; `since` and `until` bound event time.

    `ids` name the objects whose members, history or answers are wanted, empty for all; `pipeline` is the JSON text of
    what the resource aggregation reads. `select` and `filter` are SQL over the table `input`; `limit` 0 means all
    rows. `replace` allows writing over a target that this installation did not write for the same export.
    """

    resource: str
    connection: str
    target: str
    since: datetime | None = None
    until: datetime | None = None
    apps: tuple[str, ...] = ()
    select: str = ""
    filter: str = ""
    limit: int = 0
    replace: bool = False
    ids: tuple[str, ...] = ()
    pipeline: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "apps": list(self.apps),
            "ids": list(self.ids),
        }
