"""A folder of Parquet files as a destination: one file for each day, `date=2026-11-20/part-0.parquet`.

A day has one file of one name, and changes in the moment in which a new file takes that name: whoever reads sees
the old rows of a day or the new ones, never both. Days change one after another; what is no longer there goes last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pendant.connectors.files.day_rows import DAY_MS, kept_rows, ms_of
from pendant.connectors.files.days import DayParts
from pendant.connectors.files.disk import SteadyFile, named_problems, sync_file, sync_folder
from pendant.connectors.files.staging import Staging, target_exists
from pendant.connectors.loading import check_load, checked, unsupported, windows_of
from pendant.errors import WrongInput
from pendant.model.pipeline import Load, LoadMode, Written
from pendant.model.run import Note, Slice

MODES = frozenset({LoadMode.REPLACE, LoadMode.SLICES})
NAME = "part-0.parquet"


class FolderDestination:
    """Implements model.pipeline.Destination for one local folder."""

    def __init__(
        self, target: Path, *, run_id: str, may_replace: bool, load: Load, note: Callable[[Note], None]
    ) -> None:
        self._target = target
        self._may_replace = may_replace
        self._how = load
        self._note = note
        self._staging = Staging(target, run_id)
        self._parts = DayParts(self._staging, load.time)

    def ensure_schema(self, schema: pa.Schema) -> None:
        if not self._how.time:
            raise unsupported(
                "A folder of days needs rows that have a time, and this resource has none.",
                "Name a single file such as out.parquet.",
            )
        check_load(Load(LoadMode.SLICES, time=self._how.time), schema)
        self._check_target()
        self._parts.open(schema)

    def replace_slice(self, part: Slice, batches: Iterator[pa.RecordBatch]) -> Written:
        return self._parts.store(part, checked(part, batches, self._how))

    def publish(self, parts: Sequence[Slice]) -> Written:
        # Looked at again: something may have appeared while the rows were read.
        self._check_target()
        with named_problems(self._target.parent):
            notes = self._compared()
            finished = self._finished(parts)
            self._target.mkdir(exist_ok=True)
            for day, path in finished.items():
                self._show(day, path)
            self._remove_stale(parts, finished)
            sync_folder(self._target)
            sync_folder(self._target.parent)
            size = sum((self._target / f"date={day}" / NAME).stat().st_size for day in finished)
        for note in notes:
            self._note(note)
        rows = self._parts.rows(parts)
        self._staging.remove()
        return Written(rows, size)

    def discard(self) -> None:
        self._staging.remove()

    def _check_target(self) -> None:
        if self._target.exists() and not self._target.is_dir():
            raise WrongInput(
                "target_not_a_folder",
                f"{self._target} is not a folder, and the / at its end says that it should be one.",
                hint="Leave the / out, or choose another target.",
                field="target",
            )
        if self._target.is_dir() and any(self._target.iterdir()) and not self._may_replace:
            raise target_exists(self._target)

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
            for day in self._days()
            if any(since < ms_of(day) + DAY_MS and until > ms_of(day) for since, until in windows_of(parts))
            and not any(since <= ms_of(day) and until >= ms_of(day) + DAY_MS for since, until in windows_of(parts))
        ]

    def _kept(self, day: str, parts: Sequence[Slice]) -> Path | None:
        """Write the rows of a day that lie outside of every window, as the new schema has them."""
        path, rows = self._staging.temporary(), 0
        with SteadyFile(path) as file:
            writer = self._parts.format.writer(file, self._parts.schema)
            for batch in kept_rows(self._file(day), self._parts.schema, self._how.time, windows_of(parts)):
                writer.write(batch)
                rows += batch.num_rows
            writer.close()
        return path if rows else None

    def _show(self, day: str, path: Path) -> None:
        file = self._file(day)
        file.parent.mkdir(exist_ok=True)
        sync_file(path)
        path.replace(file)
        sync_folder(file.parent)

    def _remove_stale(self, parts: Sequence[Slice], finished: dict[str, Path]) -> None:
        """Remove the files of days that have no rows any more; whatever is not ours stays."""
        for day in self._days():
            if day not in finished and self._gives_way(day, parts):
                self._file(day).unlink(missing_ok=True)
                with suppress(OSError):
                    self._file(day).parent.rmdir()

    def _gives_way(self, day: str, parts: Sequence[Slice]) -> bool:
        if self._how.mode is LoadMode.REPLACE:
            return True
        return any(since < ms_of(day) + DAY_MS and until > ms_of(day) for since, until in windows_of(parts))

    def _days(self) -> list[str]:
        return sorted(file.parent.name.removeprefix("date=") for file in self._target.glob(f"date=*/{NAME}"))

    def _file(self, day: str) -> Path:
        return self._target / f"date={day}" / NAME

    def _compared(self) -> list[Note]:
        """Say how the columns differ from those of the newest day that is there: older files keep theirs."""
        days = self._days()
        if not days or self._how.mode is LoadMode.REPLACE:
            return []
        before, now = pq.read_schema(self._file(days[-1])), self._parts.schema
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
