"""A Delta table in a folder as a destination: rows wait beside it, and one commit of the table shows all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import types

from pendant.connectors.delta.last_rows import last_rows
from pendant.connectors.extras import delta_library
from pendant.connectors.files.columns import check_columns
from pendant.connectors.files.disk import named_problems
from pendant.connectors.files.parts import Parts
from pendant.connectors.files.staging import Staging, target_exists
from pendant.connectors.loading import check_load, checked, moment, windows_of
from pendant.connectors.tables.naming import check_column_names
from pendant.connectors.tables.session import quoted
from pendant.connectors.tables.staged import ArrowFormat, staged_batches
from pendant.errors import Conflict, WrongInput
from pendant.model.pipeline import Load, LoadMode, Written
from pendant.model.run import Note, Slice

# In the commits of a table stands which run made them, so that a run that is done again appends once.
RUN_MARK = "pendant_run"
COMMITS_LOOKED_AT = 100
# Delta has no numbers without a sign.
_SIGNED: dict[object, pa.DataType] = {
    pa.uint8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.decimal128(20, 0),
}


class DeltaDestination:
    """Implements model.pipeline.Destination for one table."""

    def __init__(
        self, target: Path, *, run_id: str, may_replace: bool, load: Load, note: Callable[[Note], None]
    ) -> None:
        self._library = delta_library()
        self._target = target
        self._run_id = run_id
        self._may_replace = may_replace
        self._how = load
        self._note = note
        self._staging = Staging(target, run_id)
        self._parts = Parts(self._staging, ArrowFormat())

    def holds(self) -> bool | None:
        return bool(self._library.DeltaTable.is_deltatable(str(self._target)))

    def ensure_schema(self, schema: pa.Schema) -> None:
        check_columns(schema)
        check_column_names(schema)
        check_load(self._how, schema)
        self._refuse_types(schema)
        self._compared(self._existing(), schema)
        self._parts.open(schema)

    def replace_slice(self, part: Slice, batches: Iterator[pa.RecordBatch]) -> Written:
        return self._parts.store(part, checked(part, batches, self._how))

    def publish(self, parts: Sequence[Slice]) -> Written:
        paths = self._parts.paths(parts)
        size = sum(path.stat().st_size for path in paths)
        # Looked at again: the table may have appeared or changed while the rows were read.
        table = self._existing()
        notes = self._compared(table, self._parts.schema)
        with named_problems(self._target.parent):
            try:
                notes += self._load(table, parts, paths)
            except self._library.exceptions.DeltaError as problem:
                raise Conflict(
                    "target_refused",
                    f"The Delta table {self._target} did not take the rows: {problem}",
                    hint="See whether somebody else writes it, and run the export again.",
                    field="target",
                ) from problem
        for note in notes:
            self._note(note)
        self._staging.remove()
        return Written(self._parts.rows(parts), size)

    def discard(self) -> None:
        self._staging.remove()

    def _existing(self) -> Any:
        """Return the table that is there, or None. Raises for something else, and for what may not be written to."""
        folder = self._target
        if self._library.DeltaTable.is_deltatable(str(folder)):
            if not self._may_replace:
                raise target_exists(folder)
            return self._library.DeltaTable(str(folder))
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise WrongInput(
                "target_not_delta",
                f"{folder} holds something that is not a Delta table.",
                hint="Choose a folder that is empty, or does not exist yet.",
                field="target",
            )
        return None

    def _refuse_types(self, schema: pa.Schema) -> None:
        for field in schema:
            if types.is_time(field.type):
                raise WrongInput(
                    "column_type_unsupported",
                    f'The column "{field.name}" has the type {field.type}, which a Delta table has not.',
                    hint=f'Turn it into text with CAST("{field.name}" AS VARCHAR) in the selection.',
                    field="select",
                )

    def _compared(self, table: Any, schema: pa.Schema) -> list[Note]:
        """Say which columns are new or gone. Raises Conflict where a column has become one of another type."""
        if table is None or self._how.mode is LoadMode.REPLACE:
            return []
        before, now = pa.schema(table.schema().to_arrow()), _stored(schema)
        for name in now.names:
            if name in before.names and before.field(name).type != now.field(name).type:
                raise Conflict(
                    "columns_changed",
                    f'The column "{name}" is {before.field(name).type} in the table, and {now.field(name).type} now.',
                    hint="Cast it in the selection, or replace the whole table once.",
                    field="select",
                )
        added = [name for name in now.names if name not in before.names]
        gone = [name for name in before.names if name not in now.names]
        return [
            *(Note("column_added", f'The column "{name}" is new in the table.') for name in added),
            *(Note("column_vanished", f'The column "{name}" came no more.') for name in gone),
        ]

    def _load(self, table: Any, parts: Sequence[Slice], paths: Sequence[Path]) -> list[Note]:
        mode, path = self._how.mode, str(self._target)
        commit = {"commit_properties": self._library.CommitProperties(custom_metadata={RUN_MARK: self._run_id})}
        if table is not None and mode is LoadMode.MERGE:
            return self._merge(table, paths, commit)
        rows, notes = self._once(paths) if mode is LoadMode.MERGE else (_reader(self._parts.schema, paths), [])
        if table is None or mode is LoadMode.REPLACE:
            self._library.write_deltalake(path, rows, mode="overwrite", schema_mode="overwrite", **commit)
        elif mode is LoadMode.SLICES:
            windows = self._in_windows(parts)
            self._library.write_deltalake(
                path, rows, mode="overwrite", predicate=windows, schema_mode="merge", **commit
            )
        elif not any(known.get(RUN_MARK) == self._run_id for known in table.history(COMMITS_LOOKED_AT)):
            self._library.write_deltalake(path, rows, mode="append", schema_mode="merge", **commit)
        return notes

    def _merge(self, table: Any, paths: Sequence[Path], commit: dict[str, Any]) -> list[Note]:
        rows, notes = self._once(paths)
        same = " AND ".join(f"target.{quoted(name)} = source.{quoted(name)}" for name in self._how.key)
        merging = table.merge(rows, same, source_alias="source", target_alias="target", merge_schema=True, **commit)
        merging.when_matched_update_all().when_not_matched_insert_all().execute()
        return notes

    def _once(self, paths: Sequence[Path]) -> tuple[pa.RecordBatchReader, list[Note]]:
        """Return the rows with one for each key, the last."""
        schema = self._parts.schema
        batches, twice = last_rows(lambda: staged_batches(paths), self._how.key)
        name = ", ".join(self._how.key)
        notes = [Note("key_twice", f"A row came with the {name} of an earlier one; the last stays.", twice)]
        return _converted(schema, batches), notes if twice else []

    def _in_windows(self, parts: Sequence[Slice]) -> str:
        name = quoted(self._how.time)
        return " OR ".join(
            f"({name} >= '{moment(since).isoformat()}' AND {name} < '{moment(until).isoformat()}')"
            for since, until in windows_of(parts)
        )


def _reader(schema: pa.Schema, paths: Sequence[Path]) -> pa.RecordBatchReader:
    return _converted(schema, staged_batches(paths))


def _converted(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> pa.RecordBatchReader:
    stored = _stored(schema)
    return pa.RecordBatchReader.from_batches(stored, (batch.cast(stored) for batch in batches))


def _stored(schema: pa.Schema) -> pa.Schema:
    """Return the types as Delta has them: times in us, and text where there is nothing at all."""
    return pa.schema([pa.field(field.name, _stored_type(field.type)) for field in schema])


def _stored_type(kind: pa.DataType) -> pa.DataType:
    if types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    if types.is_unsigned_integer(kind):
        return _SIGNED[kind]
    if types.is_null(kind) or types.is_large_string(kind):
        return pa.string()
    return pa.list_(pa.field("element", _stored_type(kind.value_type))) if types.is_list(kind) else kind
