"""A SQLite file as the place of a table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import adbc_driver_sqlite.dbapi
import pyarrow as pa

from pendant.connectors.sqlite.dialect import SqliteDialect, convert, stored_type
from pendant.connectors.sqlite.problems import named_problems
from pendant.connectors.tables.adbc import AdbcSession, converted
from pendant.connectors.tables.loading import TableLoad
from pendant.connectors.tables.session import MARKS, literal, quoted
from pendant.connectors.tables.table_file import Kind, Work
from pendant.model.pipeline import LoadMode
from pendant.model.run import Note

STAGED = "staged.arriving"
# How long to wait for another program that writes.
WAIT_MS = 2_000


class SqliteEngine:
    """Implements tables.table_file.FileEngine."""

    def kind_of(self, path: Path, table: str) -> Kind:
        with named_problems(path), _opened(path, "", read_only=True) as session:
            return _kind_of(session, table)

    def load(self, work: Work) -> list[Note]:
        with named_problems(work.path), _opened(work.path, work.table) as session:
            # Before the transaction, because the driver has one of its own for it.
            _stage(session, work)
            # From here on nobody else writes, and what was looked at stays so.
            session.execute("BEGIN IMMEDIATE")
            work.check(_kind_of(session, work.table))
            table, marks = f"main.{quoted(work.table)}", f"main.{quoted(MARKS)}"
            notes = TableLoad(session, work.rows, table, STAGED, marks, stage=lambda: None).run()
            session.execute("COMMIT")
            return notes


def _stage(session: AdbcSession, work: Work) -> None:
    """Put the rows into a file of their own beside the target: what it needs is there, and gone with the folder."""
    rows, dialect = work.rows, session.dialect
    session.execute(f"ATTACH {literal(str(work.scratch / 'staged.sqlite'))} AS staged")
    session.found("PRAGMA staged.journal_mode = OFF")
    session.execute("PRAGMA staged.synchronous = OFF")
    columns = ", ".join(f"{quoted(field.name)} {dialect.column_type(field) or dialect.text}" for field in rows.schema)
    session.execute(f"CREATE TABLE {STAGED} ({columns})")
    stored = pa.schema([pa.field(field.name, stored_type(field)) for field in rows.schema])
    session.stage(converted(rows.reader(), stored, convert), "arriving", catalog_name="staged")
    if rows.load.mode is LoadMode.MERGE:
        session.execute(f"CREATE INDEX staged.arriving_key ON arriving ({', '.join(map(quoted, rows.load.key))})")


@contextmanager
def _opened(path: Path, table: str, *, read_only: bool = False) -> Iterator[AdbcSession]:
    """Open the file for one load. What is not committed at the end is as if it had never been."""
    uri = f"file:{quote(str(path))}{'?mode=ro' if read_only else ''}"
    columns = f"SELECT name, type FROM pragma_table_info({literal(table)}, 'main') ORDER BY cid"
    with adbc_driver_sqlite.dbapi.connect(uri, autocommit=True) as connection:
        session = AdbcSession(connection, SqliteDialect(), columns)
        session.found(f"PRAGMA busy_timeout = {WAIT_MS}")
        yield session


def _kind_of(session: AdbcSession, table: str) -> Kind:
    """Say what the name stands for. SQLite's names do not tell upper from lower case."""
    found = session.found(
        f"SELECT type FROM main.sqlite_schema WHERE lower(name) = lower({literal(table)}) AND type IN ('table', 'view')"
    )
    if not found:
        return None
    return "view" if found[0][0] == "view" else "table"
