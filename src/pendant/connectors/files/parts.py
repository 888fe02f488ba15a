"""The parts of a result: each slice's rows in a file of their own, until all of them are there."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from pendant.connectors.files.disk import SteadyFile, named_problems
from pendant.connectors.files.staging import Staging
from pendant.model.pipeline import Written
from pendant.model.run import Slice


class PartWriter(Protocol):
    """`close` completes the file; `abandon` takes its place after a failure and raises nothing."""

    def write(self, batch: pa.RecordBatch) -> None: ...

    def close(self) -> None: ...

    def abandon(self) -> None: ...


class PartFormat(Protocol):
    """How the rows of a part are kept."""

    def check(self, schema: pa.Schema) -> None:
        """Raise WrongInput when rows of `schema` cannot be written."""
        ...

    def writer(self, file: SteadyFile, schema: pa.Schema) -> PartWriter: ...


class Parts:
    """Stores slices in a staging folder. Safe to use from several threads for different slices."""

    def __init__(self, staging: Staging, part_format: PartFormat) -> None:
        self.schema = pa.schema([])
        self._staging = staging
        self._format = part_format
        self._rows: dict[str, int] = {}
        self._counting = threading.Lock()

    def open(self, schema: pa.Schema) -> None:
        self._format.check(schema)
        self.schema = schema
        self._staging.open()

    def store(self, part: Slice, batches: Iterator[pa.RecordBatch]) -> Written:
        temporary = self._staging.temporary()
        try:
            rows = self._write(temporary, batches)
            size = temporary.stat().st_size
            self._staging.keep(temporary, part)
        finally:
            temporary.unlink(missing_ok=True)
        with self._counting:
            self._rows[part.key] = rows
        return Written(rows, size)

    def rows(self, parts: Sequence[Slice]) -> int:
        return sum(self._rows[part.key] for part in parts)

    def paths(self, parts: Sequence[Slice]) -> list[Path]:
        return [self._staging.part(part) for part in parts]

    def _write(self, path: Path, batches: Iterator[pa.RecordBatch]) -> int:
        """Only what touches the disk may turn into a disk problem: errors of the source pass as they are."""
        folder = self._staging.target.parent
        with named_problems(folder):
            file = SteadyFile(path, read_again=True)
        with file:
            writer = self._format.writer(file, self.schema)
            try:
                rows = 0
                for batch in batches:
                    with named_problems(folder):
                        writer.write(batch)
                    rows += batch.num_rows
                with named_problems(folder):
                    writer.close()
            except BaseException:
                writer.abandon()
                raise
        return rows
