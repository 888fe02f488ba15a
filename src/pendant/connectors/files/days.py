"""Rows cut by the day of their time: for each slice a folder with the Parquet files of its days."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pendant.connectors.files.disk import SteadyFile, named_problems, sync_folder
from pendant.connectors.files.parquet_format import ParquetFormat
from pendant.connectors.files.parts import PartWriter
from pendant.connectors.files.staging import Staging
from pendant.model.pipeline import Written
from pendant.model.run import Slice

# What Hive calls the partition of rows whose column is null.
NO_DAY = "__HIVE_DEFAULT_PARTITION__"
_EPOCH = date(1970, 1, 1)
_FIRST, _LAST = (date.min - _EPOCH).days, (date.max - _EPOCH).days
_NONE = _LAST + 1

# pyarrow's stubs know fewer argument types than its functions take.
compute: Any = pc


class DayParts:
    """Stores slices in a staging folder, cut by day. Safe to use from several threads for different slices."""

    def __init__(self, staging: Staging, time: str) -> None:
        self.schema = pa.schema([])
        self.format = ParquetFormat()
        self._staging = staging
        self._time = time
        self._rows: dict[str, int] = {}
        self._counting = threading.Lock()

    def open(self, schema: pa.Schema) -> None:
        self.format.check(schema)
        self.schema = schema
        self._staging.open()

    def store(self, part: Slice, batches: Iterator[pa.RecordBatch]) -> Written:
        temporary = self._staging.temporary()
        try:
            rows, size = self._write(temporary, batches)
            with named_problems(self._staging.target.parent):
                sync_folder(temporary)
                shutil.rmtree(self._staging.part(part), ignore_errors=True)
                temporary.rename(self._staging.part(part))
                sync_folder(self._staging.folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        with self._counting:
            self._rows[part.key] = rows
        return Written(rows, size)

    def rows(self, parts: Sequence[Slice]) -> int:
        return sum(self._rows[part.key] for part in parts)

    def of_day(self, parts: Sequence[Slice]) -> dict[str, list[Path]]:
        """Return the files of each day, in the order of the slices and of the rows in them."""
        found: dict[str, list[Path]] = {}
        for part in parts:
            for path in sorted(self._staging.part(part).iterdir()):
                found.setdefault(path.name.partition(".")[2], []).append(path)
        return found

    def _write(self, folder: Path, batches: Iterator[pa.RecordBatch]) -> tuple[int, int]:
        with named_problems(self._staging.target.parent):
            folder.mkdir()
        file: _DayFile | None = None
        rows = number = 0
        try:
            for batch in batches:
                for day, same_day in _by_day(batch, self._time):
                    if file is None or file.day != day:
                        if file is not None:
                            file.close()
                        number += 1
                        file = _DayFile(folder / f"{number:06}.{day}", day, self.format, self.schema)
                    file.write(same_day)
                rows += batch.num_rows
            if file is not None:
                file.close()
        except BaseException:
            if file is not None:
                file.abandon()
            raise
        return rows, sum(path.stat().st_size for path in folder.iterdir())


class _DayFile:
    """One file that grows. Only what touches the disk may turn into a disk problem."""

    def __init__(self, path: Path, day: str, file_format: ParquetFormat, schema: pa.Schema) -> None:
        self.day = day
        self._folder = path.parent
        with named_problems(self._folder):
            self._file = SteadyFile(path)
            self._writer: PartWriter = file_format.writer(self._file, schema)

    def write(self, batch: pa.RecordBatch) -> None:
        with named_problems(self._folder):
            self._writer.write(batch)

    def close(self) -> None:
        with named_problems(self._folder), self._file:
            self._writer.close()

    def abandon(self) -> None:
        self._writer.abandon()
        self._file.close()


def _by_day(batch: pa.RecordBatch, time: str) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yield the rows of each run of one day, as pieces of the batch without a copy."""
    if not batch.num_rows:
        return
    days = compute.floor_temporal(batch.column(time), unit="day").cast(pa.date32(), safe=False).cast(pa.int32())
    days = compute.fill_null(days, _NONE)
    runs = compute.run_end_encode(days)
    start = 0
    for end, day in zip(runs.run_ends.to_pylist(), runs.values.to_pylist(), strict=True):
        yield day_name(day), batch.slice(start, end - start)
        start = end


def day_name(day: int) -> str:
    """Return a day as ISO 8601 has it; one outside the years 1 to 9999 has no such name, like none at all."""
    return (_EPOCH + timedelta(days=day)).isoformat() if _FIRST <= day <= _LAST else NO_DAY
