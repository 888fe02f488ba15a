"""What somebody asks of an export, before it is planned, and a stored export: the same under a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pendant.model.pipeline import LoadMode

READER = "arrow:"
"""The target of a run whose rows a program reads while it runs (library/)."""


class Mode(StrEnum):
    FULL = "full"
    """Everything that was asked for, every time."""
    INCREMENTAL = "incremental"
    """What came since the last run, and again what may have changed since."""
    WINDOW = "window"
    """One range of event time; the rest of the target stays."""


@dataclass(frozen=True, slots=True)
class Delays:
    """How late data may be. An incremental run stops `horizon_hours` before now, begins `lookback_days` before where
    the last one ended, and reads what has become `final_days` old one last time; 0 leaves that pass out.
    """

    horizon_hours: int = 8
    lookback_days: int = 3
    final_days: int = 9


@dataclass(frozen=True, slots=True)
class Export:
    """`connection` is a name; `apps` are application ids, empty for all; `since` and `until` bound event time.

    `ids` name the objects whose members, history or answers are wanted, empty for all; `pipeline` is the JSON text of
    what the resource aggregation reads. `last` ("30d", "12h") stands for a `since` that moves with the day of the run.
    `select` and `filter` are SQL over the table `input`; `limit` 0 means all rows. `replace` allows writing over a
    target that this installation did not write for the same export. `load` None means what suits the mode.
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
    last: str = ""
    mode: Mode = Mode.FULL
    load: LoadMode | None = None
    delays: Delays = field(default_factory=Delays)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "apps": list(self.apps),
            "ids": list(self.ids),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Export:
        """Return the export whose `as_json` this is; what an older version did not know has its default."""
        load = values.get("load")
        changed = {
            "since": _moment(values.get("since")),
            "until": _moment(values.get("until")),
            "apps": tuple(values.get("apps", ())),
            "ids": tuple(values.get("ids", ())),
            "mode": Mode(values.get("mode", Mode.FULL)),
            "load": LoadMode(load) if load else None,
            "delays": Delays(**values.get("delays", {})),
        }
        return cls(**dict(values) | changed)


@dataclass(frozen=True, slots=True)
class StoredExport:
    """`id` is a random UUID; `version` counts saves and is the optimistic lock."""

    id: str
    name: str
    export: Export
    version: int = 1
    created_at: datetime | None = None
    updated_at: datetime | None = None
    updated_by: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """How far an incremental export has come, for one resource and one set of applications.

    Everything in [began, position) has been read, everything before `final` for the last time.
    """

    began: datetime
    position: datetime
    final: datetime
    moved_at: datetime | None = None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
