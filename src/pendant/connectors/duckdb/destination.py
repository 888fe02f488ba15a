"""A table of a DuckDB file as a destination.

Slices are staged as Arrow files beside the target, so that the target stays open to others until the end; then
they are loaded in one transaction. A file that does not exist yet is built in the staging folder and renamed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from pendant.connectors.duckdb.dialect import STAGED, DuckDbSession
from pendant.connectors.duckdb.problems import named_problems
from pendant.connectors.files.parts import Parts
from pendant.connectors.files.staging import Staging, check_regular, target_exists
from pendant.connectors.loading import check_load, checked
from pendant.connectors.tables.loading import TableLoad
from pendant.connectors.tables.naming import check_names
from pendant.connectors.tables.session import MARKS, quoted
from pendant.connectors.tables.staged import ArrowFormat, staged_batches
from pendant.errors import WrongInput
from pendant.model.pipeline import REPLACE, Load, LoadMode, Written
from pendant.model.run import Note, Slice

# Oldest storage version that holds everything we write: DuckDB 1.0 and later open such a file.
STORAGE_VERSION = "v1.0.0"
# A quarter of DuckDB's default: a row group is built in memory, and other rows of the run are there too.
ROW_GROUP_SIZE = 30_720
EXISTING_FILE = f"ROW_GROUP_SIZE {ROW_GROUP_SIZE}"
NEW_FILE = f"{EXISTING_FILE}, STORAGE_VERSION '{STORAGE_VERSION}'"
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # Measured: a second thread makes loading in order slower, and needs twice the memory.
    "threads": "1",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


# Tried one after the other: the first is enough but for very wide or very long rows, and DuckDB fills what it gets.
MEMORY_LIMITS = ("48MB", "512MB", "4GB")


class DuckDbDestination:
    """Implements model.pipeline.Destination for one table."""

    def __init__(
        self,
        target: Path,
        table: str,
        *,
        run_id: str,
        may_replace: bool,
        load: Load = REPLACE,
        note: Callable[[Note], None],
    ) -> None:
        self._target = target
        self._run_id = run_id
        self._how = load
        self._note = note
        self._table = table
        self._may_replace = may_replace
        self._staging = Staging(target, run_id)
        self._parts = Parts(self._staging, ArrowFormat())

    def ensure_schema(self, schema: pa.Schema) -> None:
        check_names(self._table, schema)
        check_load(self._how, schema)
        check_regular(self._target)
        if self._target.exists():
            self._check_existing()
        self._parts.open(schema)

    def replace_slice(self, part: Slice, batches: Iterator[pa.RecordBatch]) -> Written:
        return self._parts.store(part, checked(part, batches, self._how))

    def publish(self, parts: Sequence[Slice]) -> Written:
        rows = self._parts.rows(parts)
        if self._target.exists():
            self._load(self._target, parts)
        else:
            built = self._staging.folder / "built.duckdb"
            self._load(built, parts)
            self._staging.show(built, may_replace=False)
        size = self._target.stat().st_size
        self._staging.remove()
        return Written(rows, size)

    def discard(self) -> None:
        self._staging.remove()

    def _check_existing(self) -> None:
        with named_problems(self._target), _attached(self._target, read_only=True) as database:
            kind = _kind_of(database, self._table)
        self._check_kind(kind)

    def _check_kind(self, kind: str | None) -> None:
        if kind == "VIEW":
            raise WrongInput(
                "target_is_view",
                f'"{self._table}" in {self._target} is a view, and a view is never replaced by a table.',
                hint="Name another table after a # sign: file.duckdb#table.",
                field="target",
            )
        if kind is not None and not self._may_replace:
            raise target_exists(f'The table "{self._table}" in {self._target}')

    def _load(self, path: Path, parts: Sequence[Slice]) -> None:
        # What reading has left behind makes room for DuckDB's own memory.
        pa.default_memory_pool().release_unused()
        with named_problems(path):
            for memory_limit in MEMORY_LIMITS[:-1]:
                try:
                    return self._load_within(memory_limit, path, parts)
                except duckdb.OutOfMemoryException:
                    # Nothing was committed: it can be done again, with more.
                    continue
            return self._load_within(MEMORY_LIMITS[-1], path, parts)

    def _load_within(self, memory_limit: str, path: Path, parts: Sequence[Slice]) -> None:
        arriving = pa.RecordBatchReader.from_batches(self._parts.schema, staged_batches(self._parts.paths(parts)))
        with _attached(path, memory_limit=memory_limit, temp_directory=str(self._staging.folder)) as database:
            database.register("arriving", arriving)
            if self._how.mode is not LoadMode.REPLACE:
                database.execute(f"CREATE TEMP TABLE {STAGED} AS SELECT * FROM arriving")
            database.execute("BEGIN")
            # Looked at again: the table may have appeared while the rows were read.
            self._check_kind(_kind_of(database, self._table))
            self._publish_within(database, parts)
            database.execute("COMMIT")
            database.execute("CHECKPOINT target")

    def _publish_within(self, database: duckdb.DuckDBPyConnection, parts: Sequence[Slice]) -> None:
        table = f"target.main.{quoted(self._table)}"
        if self._how.mode is LoadMode.REPLACE:
            database.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM arriving")
        else:
            marks = f"target.main.{quoted(MARKS)}"
            work = TableLoad(table, STAGED, marks, self._run_id, self._parts.schema, self._how, self._note)
            work.run(DuckDbSession(database, self._table), parts)


@contextmanager
def _attached(path: Path, *, read_only: bool = False, **settings: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB of our own with the file attached as `target`; closing it gives the file free."""
    literal = str(path).replace("'", "''")
    options = "READ_ONLY" if read_only else EXISTING_FILE if path.exists() else NEW_FILE
    with duckdb.connect(config=CONFIG | settings) as database:
        # A time that becomes a text shows it.
        database.execute("SET TimeZone = 'UTC'")
        database.execute(f"ATTACH '{literal}' AS target ({options})")
        yield database


def _kind_of(database: duckdb.DuckDBPyConnection, table: str) -> str | None:
    """Return "BASE TABLE", "VIEW" or None. DuckDB's names do not tell upper from lower case."""
    found = database.execute(
        "SELECT table_type FROM information_schema.tables "
        "WHERE table_catalog = 'target' AND table_schema = 'main' AND lower(table_name) = lower(?)",
        [table],
    ).fetchall()
    return str(found[0][0]) if found else None
