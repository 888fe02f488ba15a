"""Where an incremental run begins, and how the export's position moves with its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pendant.app import App
from pendant.connectors.declaration import Resource
from pendant.engine.ends import column_of
from pendant.engine.restated import Seen, WatchedSource, days_after, restated
from pendant.errors import Conflict
from pendant.model.export import Export, Mode, Position
from pendant.model.imprint import Imprint
from pendant.model.incremental import Due, due
from pendant.model.moments import moment_of
from pendant.model.pipeline import Destination, Source
from pendant.store import exports
from pendant.store.transaction import Transaction
from pendant.transform.marks import DAY_MS

DAYS_BY_DEFAULT = "30d"
# A row that counts a day has the time at which its day begins, wherever that is; it changes until the day is over.
BUCKET = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Course:
    """One incremental run of a stored export over event time: from where, what is due, and up to where."""

    export_id: str
    export: Export
    before: Position | None
    due: Due
    known: Mapping[int, Imprint]

    def watched(self, source: Source, resource: Resource) -> WatchedSource:
        """Return the source as one that keeps an imprint of what it gives."""
        edge = self.before.position if self.before else self.due.position.position
        return WatchedSource(
            source,
            key=[column_of(path) for path in resource.key],
            time=column_of(resource.time),
            edge=round(edge.timestamp() * 1000),
        )

    def restated(self, seen: Seen) -> int | None:
        """Return how many rows that were read again had changed; None for a first run."""
        return restated(self.known, seen, self.due.spans) if self.before else None

    def move(self, tx: Transaction, app: App, seen: Seen | None) -> None:
        """Move the position, in the transaction that records the run as finished.

        Unless it stands elsewhere by now: somebody set it back, or another run was faster.
        """
        now = exports.position(tx, self.export_id, self.export.resource, self.export.apps)
        if now != self.before:
            return
        exports.save_position(
            tx, self.export_id, self.export.resource, self.export.apps, moved=self.due.position, at=app.clock.now()
        )
        if seen is not None:
            days = days_after(self.known, seen, self.due.spans)
            kept = {day: imprint for day, imprint in days.items() if day >= self._first_day()}
            exports.save_days(tx, self.export_id, self.export.resource, self.export.apps, known=kept)

    def _first_day(self) -> int:
        """Return the first day that a later run may read again."""
        after = self.due.position
        look_back = after.position - timedelta(days=self.export.delays.lookback_days)
        first = min(after.final, look_back) if self.export.delays.final_days else look_back
        return round(first.timestamp() * 1000) // DAY_MS * DAY_MS


def course_of(app: App, export_id: str | None, export: Export, resource: Resource, *, now: datetime) -> Course | None:
    """Return the course of an incremental run; None where everything that was asked for is read.

    `now` is when the run was asked for, so that one that is done again reads the same windows.
    """
    if export_id is None or export.mode is not Mode.INCREMENTAL or not resource.time:
        return None
    with app.database.read() as tx:
        before = exports.position(tx, export_id, export.resource, export.apps)
        known = exports.days(tx, export_id, export.resource, export.apps)
    start = export.since or moment_of(export.last or DAYS_BY_DEFAULT, now, "last")
    assert start
    bucket = BUCKET if resource.bucketed else timedelta()
    return Course(export_id, export, before, due(before, now, start, export.delays, bucket=bucket), known)


def refuse_missing_target(course: Course, destination: Destination) -> None:
    """Raise Conflict when what earlier runs wrote is gone: the windows of this run alone would be taken for all."""
    if course.before is None:
        return
    there = destination.holds()
    if there or (there is None and not any(imprint.rows for imprint in course.known.values())):
        return
    raise Conflict(
        "target_gone",
        f"The target {course.export.target} held everything up to {course.before.position:%Y-%m-%d %H:%M} UTC, "
        "and is not there.",
        hint="Put it back, or let the export begin anew: pendant exports reset-position.",
        field="target",
    )
