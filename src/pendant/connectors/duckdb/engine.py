"""A DuckDB file as the place of a table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from pendant.connectors.duckdb.dialect import STAGED, DuckDbSession
from pendant.connectors.duckdb.problems import named_problems
from pendant.connectors.tables.loading import Rows, TableLoad
from pendant.connectors.tables.session import MARKS, quoted
from pendant.connectors.tables.table_file import Kind, Work
from pendant.model.pipeline import LoadMode
from pendant.model.run import Note

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
MEMORY_LIMITS = ("24MB", "96MB", "512MB", "4GB")


class DuckDbEngine:
    """Implements tables.table_file.FileEngine."""

    def kind_of(self, path: Path, table: str) -> Kind:
        with named_problems(path), _attached(path, read_only=True) as database:
            return _kind_of(database, table)

    def load(self, work: Work) -> list[Note]:
        # What reading has left behind makes room for DuckDB's own memory.
        pa.default_memory_pool().release_unused()
        with named_problems(work.path):
            for memory_limit in MEMORY_LIMITS[:-1]:
                try:
                    return _load_within(memory_limit, work)
                except duckdb.OutOfMemoryException:
                    # Nothing was committed: it can be done again, with more.
                    continue
            return _load_within(MEMORY_LIMITS[-1], work)


def _load_within(memory_limit: str, work: Work) -> list[Note]:
    with _attached(work.path, memory_limit=memory_limit, temp_directory=str(work.scratch)) as database:
        database.register("arriving", work.rows.reader())
        database.execute("BEGIN")
        work.check(_kind_of(database, work.table))
        notes = _loaded(database, work.table, work.rows)
        database.execute("COMMIT")
        database.execute("CHECKPOINT target")
        return notes


def _loaded(database: duckdb.DuckDBPyConnection, table: str, rows: Rows) -> list[Note]:
    name = f"target.main.{quoted(table)}"
    if rows.load.mode is LoadMode.REPLACE:
        database.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM arriving")
        return []
    names = ", ".join(map(quoted, rows.schema.names))
    return TableLoad(
        DuckDbSession(database, table),
        rows,
        table=name,
        staged=STAGED,
        marks=f"target.main.{quoted(MARKS)}",
        stage=lambda: _execute(database, f"CREATE TEMP TABLE {STAGED} AS SELECT * FROM arriving"),
        append=lambda: _execute(database, f"INSERT INTO {name} ({names}) SELECT * FROM arriving"),
    ).run()


def _execute(database: duckdb.DuckDBPyConnection, statement: str) -> None:
    database.execute(statement)


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


def _kind_of(database: duckdb.DuckDBPyConnection, table: str) -> Kind:
    """Say what the name stands for. DuckDB's names do not tell upper from lower case."""
    found = database.execute(
        "SELECT table_type FROM information_schema.tables "
        "WHERE table_catalog = 'target' AND table_schema = 'main' AND lower(table_name) = lower(?)",
        [table],
    ).fetchall()
    if not found:
        return None
    return "view" if found[0][0] == "VIEW" else "table"
