"""Objects of a bucket as destinations. Rows wait on this machine; an object appears when all of it has arrived."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa

from pendant.connectors.files.destination import FileFormat
from pendant.connectors.files.disk import named_problems
from pendant.connectors.files.folder import FolderDestination
from pendant.connectors.files.local_shelf import NAME
from pendant.connectors.files.parts import Parts
from pendant.connectors.files.staging import Staging, target_exists
from pendant.connectors.systems import Place, System
from pendant.model.pipeline import Load, Written
from pendant.model.run import Note, Slice


def staging_of(place: Place, system: System, run_id: str) -> Staging:
    """Return where the rows of a target wait, in a folder that need not be there yet."""
    waiting = sha256(f"{system.connection.id} {place.container} {place.name}".encode()).hexdigest()[:16]
    return Staging(system.scratch / waiting, run_id)


def folder_destination(
    place: Place, system: System, *, run_id: str, may_replace: bool, load: Load, note: Callable[[Note], None]
) -> FolderDestination:
    shelf = ObjectShelf(place, system, may_replace=may_replace)
    return FolderDestination(shelf, staging_of(place, system, run_id), load=load, note=note)


class ObjectDestination:
    """Implements model.pipeline.Destination for one object."""

    def __init__(
        self, place: Place, system: System, file_format: FileFormat, *, run_id: str, may_replace: bool
    ) -> None:
        self._system = system
        self._path = f"{place.container}/{place.name}"
        self._format = file_format
        self._may_replace = may_replace
        self._staging = staging_of(place, system, run_id)
        self._parts = Parts(self._staging, file_format)

    def holds(self) -> bool | None:
        with _storage(self._system) as storage:
            return storage.size(self._path) is not None

    def ensure_schema(self, schema: pa.Schema) -> None:
        self._refuse_existing()
        self._system.scratch.mkdir(parents=True, exist_ok=True)
        self._parts.open(schema)

    def replace_slice(self, part: Slice, batches: Iterator[pa.RecordBatch]) -> Written:
        return self._parts.store(part, batches)

    def publish(self, parts: Sequence[Slice]) -> Written:
        with named_problems(self._staging.target.parent):
            finished = self._finished(self._parts.paths(parts))
            size = finished.stat().st_size
        # Looked at again: it may have appeared while the rows were read.
        self._refuse_existing()
        with _storage(self._system) as storage:
            storage.put(finished, self._path)
        self._staging.remove()
        return Written(self._parts.rows(parts), size)

    def discard(self) -> None:
        self._staging.remove()

    def _refuse_existing(self) -> None:
        with _storage(self._system) as storage:
            if storage.size(self._path) is not None and not self._may_replace:
                raise target_exists(f"s3://{self._path}")

    def _finished(self, parts: Sequence[Path]) -> Path:
        if len(parts) == 1:
            return parts[0]
        joined = self._staging.temporary()
        self._format.join(parts, joined, self._parts.schema)
        return joined


class ObjectShelf:
    """Implements folder.Shelf: the day is a part of the object's key."""

    def __init__(self, place: Place, system: System, *, may_replace: bool) -> None:
        self._system = system
        self._folder = f"{place.container}/{place.name.rstrip('/')}"
        self._may_replace = may_replace

    def check(self) -> None:
        with _storage(self._system) as storage:
            if storage.below(self._folder) and not self._may_replace:
                raise target_exists(f"s3://{self._folder}/")
        self._system.scratch.mkdir(parents=True, exist_ok=True)

    def days(self) -> list[str]:
        with _storage(self._system) as storage:
            found = [path.removeprefix(f"{self._folder}/date=").split("/") for path in storage.below(self._folder)]
        return sorted(parts[0] for parts in found if parts[1:] == [NAME])

    def fetch(self, day: str, scratch: Path) -> Path:
        with _storage(self._system) as storage:
            storage.get(self._key(day), scratch)
        return scratch

    def show(self, day: str, finished: Path) -> None:
        with _storage(self._system) as storage:
            storage.put(finished, self._key(day))

    def remove(self, day: str) -> None:
        with _storage(self._system) as storage:
            storage.remove(self._key(day))

    def _key(self, day: str) -> str:
        return f"{self._folder}/date={day}/{NAME}"


def _storage(system: System) -> AbstractContextManager[Any]:
    return system.way_out.storage(system.connection)
