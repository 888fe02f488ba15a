"""A file as a destination: parts are staged beside it and joined when everything is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from pendant.connectors.files.disk import named_problems
from pendant.connectors.files.parts import PartFormat, Parts
from pendant.connectors.files.staging import Staging, check_regular, target_exists
from pendant.model.pipeline import Written
from pendant.model.run import Slice


class FileFormat(PartFormat, Protocol):
    """How rows become a file. A part must be a complete file of the format by itself."""

    def join(self, parts: Sequence[Path], joined: Path, schema: pa.Schema) -> None:
        """Write one file with the rows of at least two parts, in order. The parts may be used up by it."""
        ...


class FileDestination:
    """Implements model.pipeline.Destination for one local file."""

    def __init__(self, target: Path, file_format: FileFormat, *, run_id: str, may_replace: bool) -> None:
        self._target = target
        self._format = file_format
        self._may_replace = may_replace
        self._staging = Staging(target, run_id)
        self._parts = Parts(self._staging, file_format)

    def holds(self) -> bool | None:
        return self._staging.target.exists()

    def ensure_schema(self, schema: pa.Schema) -> None:
        check_regular(self._target)
        if self._target.exists() and not self._may_replace:
            raise target_exists(self._target)
        self._parts.open(schema)

    def replace_slice(self, part: Slice, batches: Iterator[pa.RecordBatch]) -> Written:
        return self._parts.store(part, batches)

    def publish(self, parts: Sequence[Slice]) -> Written:
        rows = self._parts.rows(parts)
        with named_problems(self._target.parent):
            finished = self._finished(self._parts.paths(parts))
            size = finished.stat().st_size
        self._staging.show(finished, may_replace=self._may_replace)
        self._staging.remove()
        return Written(rows, size)

    def discard(self) -> None:
        self._staging.remove()

    def _finished(self, parts: Sequence[Path]) -> Path:
        if len(parts) == 1:
            return parts[0]
        joined = self._staging.temporary()
        self._format.join(parts, joined, self._parts.schema)
        return joined
