"""A table in a file of a database as a destination.

Slices are staged as Arrow files beside the target, so that the target stays open to others until the end; then
they are loaded in one transaction. A file that does not exist yet is built in the staging folder and renamed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import pyarrow as pa

from pendant.connectors.files.parts import Parts
from pendant.connectors.files.staging import Staging, check_regular, target_exists
from pendant.connectors.loading import check_load, checked
from pendant.connectors.tables.loading import Rows
from pendant.connectors.tables.naming import check_names
from pendant.connectors.tables.staged import ArrowFormat
from pendant.errors import WrongInput
from pendant.model.pipeline import Load, Written
from pendant.model.run import Note, Slice

Kind = Literal["table", "view"] | None


@dataclass(frozen=True, slots=True)
class Work:
    """One load of one table. `check` raises for what may not be written to; `scratch` is a folder beside the file."""

    path: Path
    table: str
    rows: Rows
    scratch: Path
    check: Callable[[Kind], None]


class FileEngine(Protocol):
    """What reads and writes the file. Its errors are the product's own."""

    def kind_of(self, path: Path, table: str) -> Kind:
        """Say what the name stands for in an existing file, in which nothing is changed."""
        ...

    def load(self, work: Work) -> list[Note]:
        """Load the rows in one transaction; return what a person should know about it."""
        ...


@dataclass(frozen=True, slots=True)
class TableInFile:
    """A table's name, in the words a person uses for it."""

    path: Path
    table: str
    may_replace: bool

    def check(self, kind: Kind) -> None:
        """Raise for something that must not be written to."""
        if kind == "view":
            raise WrongInput(
                "target_is_view",
                f'"{self.table}" in {self.path} is a view, and a view is never replaced by a table.',
                hint=f"Name another table after a # sign: {self.path.name}#table.",
                field="target",
            )
        if kind is not None and not self.may_replace:
            raise target_exists(f'The table "{self.table}" in {self.path}')


class TableFileDestination:
    """Implements model.pipeline.Destination for one table."""

    def __init__(
        self, engine: FileEngine, target: TableInFile, *, run_id: str, load: Load, note: Callable[[Note], None]
    ) -> None:
        self._engine = engine
        self._target = target
        self._run_id = run_id
        self._how = load
        self._note = note
        self._staging = Staging(target.path, run_id)
        self._parts = Parts(self._staging, ArrowFormat())

    def holds(self) -> bool | None:
        path, table = self._target.path, self._target.table
        return path.exists() and self._engine.kind_of(path, table) is not None

    def ensure_schema(self, schema: pa.Schema) -> None:
        target = self._target
        check_names(target.table, schema)
        check_load(self._how, schema)
        check_regular(target.path)
        if target.path.exists():
            target.check(self._engine.kind_of(target.path, target.table))
        self._parts.open(schema)

    def replace_slice(self, part: Slice, batches: Iterator[pa.RecordBatch]) -> Written:
        return self._parts.store(part, checked(part, batches, self._how))

    def publish(self, parts: Sequence[Slice]) -> Written:
        path = self._target.path
        if path.exists():
            notes = self._load(path, parts)
        else:
            built = self._staging.folder / f"built{path.suffix}"
            notes = self._load(built, parts)
            self._staging.show(built, may_replace=False)
        for note in notes:
            self._note(note)
        size = path.stat().st_size
        self._staging.remove()
        return Written(self._parts.rows(parts), size)

    def discard(self) -> None:
        self._staging.remove()

    def _load(self, path: Path, parts: Sequence[Slice]) -> list[Note]:
        rows = Rows(self._run_id, self._parts.schema, parts, self._parts.paths(parts), self._how)
        # Looked at again: the table may have appeared while the rows were read.
        work = Work(path, self._target.table, rows, self._staging.folder, self._target.check)
        return self._engine.load(work)
