"""A folder of Parquet files as a destination: one file for each day, `date=2026-11-20/part-0.parquet`.

A day has one file of one name, and changes in the moment in which a new file takes that name: whoever reads sees
the old rows of a day or the new ones, never both. Days change one after another; what is no longer there goes last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from pendant.connectors.files.day_rows import DAY_MS, kept_rows, ms_of
from pendant.connectors.files.days import DayParts
from pendant.connectors.files.disk import SteadyFile, named_problems
from pendant.connectors.files.staging import Staging
from pendant.connectors.loading import check_load, checked, unsupported, windows_of
from pendant.model.pipeline import Load, LoadMode, Written
from pendant.model.run import Note, Slice

MODES = frozenset({LoadMode.REPLACE, LoadMode.SLICES})


class Shelf(Protocol):
    """Where the files of the days are. Each is one file, which changes in one moment."""

    def check(self) -> None:
        """Raise for a place that cannot be, or may not be, written to."""
        ...

    def days(self) -> list[str]:
        """Return the days that are there, in order."""
        ...

    def fetch(self, day: str, scratch: Path) -> Path:
        """Return the file of a day, to be read; it may be put at `scratch`."""
        ...

    def show(self, day: str, finished: Path) -> None:
        """Let a finished file take the place of the day's file, durably."""
        ...

    def remove(self, day: str) -> None: ...


class FolderDestination:
    """Implements model.pipeline.Destination for the files of one folder."""

    def __init__(self, shelf: Shelf, staging: Staging, *, load: Load, note: Callable[[Note], None]) -> None:
        self._shelf = shelf
        self._how = load
        self._note = note
        self._staging = staging
        self._parts = DayParts(self._staging, load.time)

    def holds(self) -> bool | None:
        return True if self._shelf.days() else None

    def ensure_schema(self, schema: pa.Schema) -> None:
        if not self._how.time:
            raise unsupported(
                "A folder of days needs rows that have a time, and this resource has none.",
                "Name a single file such as out.parquet.",
            )
        check_load(Load(LoadMode.SLICES, time=self._how.time), schema)
        self._shelf.check()
        self._parts.open(schema)

    def replace_slice(self, part: Slice, batches: Iterator[pa.RecordBatch]) -> Written:
        return self._parts.store(part, checked(part, batches, self._how))

    def publish(self, parts: Sequence[Slice]) -> Written:
        # Looked at again: something may have appeared while the rows were read.
        self._shelf.check()
        with named_problems(self._staging.target.parent):
            notes = self._compared()
            finished = self._finished(parts)
            size = sum(path.stat().st_size for path in finished.values())
            for day, path in finished.items():
                self._shelf.show(day, path)
            for day in self._shelf.days():
                if day not in finished and self._gives_way(day, parts):
                    self._shelf.remove(day)
        for note in notes:
            self._note(note)
        rows = self._parts.rows(parts)
        self._staging.remove()
        return Written(rows, size)

    def discard(self) -> None:
        self._staging.remove()

    def _finished(self, parts: Sequence[Slice]) -> dict[str, Path]:
        """Return for each day its new file, finished and in the staging folder."""
        files = self._parts.of_day(parts)
        if self._how.mode is LoadMode.SLICES:
            for day in self._days_in_part(parts):
                if kept := self._kept(day, parts):
                    files[day] = [kept, *files.get(day, [])]
        return {day: self._joined(paths) for day, paths in sorted(files.items())}

    def _joined(self, paths: list[Path]) -> Path:
        if len(paths) == 1:
            return paths[0]
        joined = self._staging.temporary()
        self._parts.format.join(paths, joined, self._parts.schema)
        return joined

    def _days_in_part(self, parts: Sequence[Slice]) -> list[str]:
        """Return the days that are there and lie in the windows with a part of theirs only."""
        return [
            day
            for day in self._shelf.days()
            if any(since < ms_of(day) + DAY_MS and until > ms_of(day) for since, until in windows_of(parts))
            and not any(since <= ms_of(day) and until >= ms_of(day) + DAY_MS for since, until in windows_of(parts))
        ]

    def _kept(self, day: str, parts: Sequence[Slice]) -> Path | None:
        """Write the rows of a day that lie outside of every window, as the new schema has them."""
        path, rows = self._staging.temporary(), 0
        with SteadyFile(path) as file:
            writer = self._parts.format.writer(file, self._parts.schema)
            for batch in kept_rows(self._fetched(day), self._parts.schema, self._how.time, windows_of(parts)):
                writer.write(batch)
                rows += batch.num_rows
            writer.close()
        return path if rows else None

    def _gives_way(self, day: str, parts: Sequence[Slice]) -> bool:
        if self._how.mode is LoadMode.REPLACE:
            return True
        return any(since < ms_of(day) + DAY_MS and until > ms_of(day) for since, until in windows_of(parts))

    def _fetched(self, day: str) -> Path:
        return self._shelf.fetch(day, self._staging.temporary())

    def _compared(self) -> list[Note]:
        """Say how the columns differ from those of the newest day that is there: older files keep theirs."""
        days = self._shelf.days()
        if not days or self._how.mode is LoadMode.REPLACE:
            return []
        before, now = pq.read_schema(self._fetched(days[-1])), self._parts.schema
        added = [name for name in now.names if name not in before.names]
        gone = [name for name in before.names if name not in now.names]
        changed = [
            name for name in now.names if name in before.names and now.field(name).type != before.field(name).type
        ]
        return [
            *(
                Note("column_added", f'The column "{name}" is new; the files of other days do not have it.')
                for name in added
            ),
            *(
                Note("column_vanished", f'The column "{name}" came no more; the files of other days keep it.')
                for name in gone
            ),
            *(
                Note("column_changed", f'The column "{name}" is {now.field(name).type} in the new files only.')
                for name in changed
            ),
        ]
