"""The state database: where it lies, how it is opened, and the only two kinds of transaction there are."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, event, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from pendant.errors import SetupProblem
from pendant.model.clock import Clock
from pendant.store.problems import as_setup_problem
from pendant.store.tables import HEAD, instance
from pendant.store.transaction import Transaction

BUSY_TIMEOUT_MS = 30_000
_CHECKPOINT_TIMEOUT_MS = 200

_FLUSH = "truncate_write_ahead_log"


class Database:
    """Safe to share between threads; every transaction uses a connection of its own."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._path = _path_of(url)
        self._clock = clock
        self._engine: Engine | None = None
        self._flush_due = False

    def open(self) -> None:
        """Create what is missing and bring the tables to the newest revision.

        Raises SetupProblem: data_dir_unwritable, database_unopenable, database_newer.
        """
        _create_file(self._path)
        self._engine = _engine(self._path)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Open a transaction that writes; it holds the one write lock from its first moment until its end."""
        with self._transaction("BEGIN IMMEDIATE", reading=False) as tx:
            yield tx

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a transaction that sees one moment of the database, never waits for a writer and cannot write."""
        with self._transaction("BEGIN", reading=True) as tx:
            yield tx

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    @contextmanager
    def _transaction(self, begin: str, *, reading: bool) -> Iterator[Transaction]:
        if self._engine is None:
            raise RuntimeError("the database is not open")
        try:
            with self._engine.connect() as connection:
                connection.execution_options(pendant_begin=(f"PRAGMA query_only = {reading:d}", begin))
                with connection.begin():
                    yield connection
                if connection.info.pop(_FLUSH, False) or self._flush_due:
                    self._flush_due = not _truncate_log(connection)
        except DBAPIError as problem:
            explained = as_setup_problem(problem, self._path, reading=reading)
            if explained is None:
                raise
            raise explained from problem

    def _prepare(self) -> None:
        with self.read() as tx:
            found = _revision(tx)
        if found != HEAD:
            self._migrate()

    def _migrate(self) -> None:
        from pendant.store import migrate  # noqa: PLC0415 - Alembic is slow to import and seldom needed

        with self.begin() as tx:
            found = _revision(tx)
            if found is None:
                _refuse_foreign_tables(tx, self._path)
            elif not migrate.is_known(found):
                raise SetupProblem(
                    "database_newer",
                    f"The database {self._path} was written by a newer Pendant (revision {found}).",
                    hint="Install that version or a later one; this one leaves the database untouched.",
                )
            migrate.upgrade(tx)
            if tx.execute(select(instance.c.id)).first() is None:
                tx.execute(instance.insert().values(id=1, instance_id=str(uuid.uuid4()), created_at=self._clock.now()))


def flush_deleted(tx: Transaction) -> None:
    """Ask that the bytes this transaction deletes leave the write-ahead log too, as soon as no reader needs them."""
    tx.info[_FLUSH] = True


def _path_of(url: str) -> Path:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is not None and parsed.drivername == "sqlite" and parsed.database and not parsed.query:
        if parsed.database != ":memory:":
            return Path(parsed.database).expanduser().absolute()
    elif parsed is not None and parsed.get_backend_name() in ("postgresql", "postgres"):
        raise SetupProblem(
            "database_not_supported",
            "PENDANT_DATABASE_URL names a PostgreSQL database; that comes with workers on several machines, not yet.",
            hint="Leave it unset, or use sqlite:///PATH.",
            field="PENDANT_DATABASE_URL",
        )
    raise SetupProblem(
        "database_not_supported",
        "PENDANT_DATABASE_URL does not name a database that Pendant can use; sqlite:///PATH is needed.",
        hint="Leave it unset to keep the database in the data folder.",
        field="PENDANT_DATABASE_URL",
    )


def _create_file(path: Path) -> None:
    """Create folder and file for the owner alone, whatever the umask; SQLite's side files follow the main file."""
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)  # another process may have been faster
            path.parent.chmod(0o700)
        if not path.exists():
            handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                os.fchmod(handle, 0o600)
            finally:
                os.close(handle)
    except OSError as problem:
        raise SetupProblem(
            "data_dir_unwritable",
            f"The data folder {path.parent} cannot be written ({problem.strerror}).",
            hint="Correct its permissions, or set PENDANT_DATA_DIR to a folder of your own.",
            field="PENDANT_DATA_DIR",
        ) from problem


def _engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        hide_parameters=True,
        pool_size=8,
        max_overflow=56,
    )
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # Python's own BEGIN comes too late (before the first write) and is never IMMEDIATE, so it is switched off.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Transaction) -> None:
    for statement in connection.get_execution_options()["pendant_begin"]:
        connection.exec_driver_sql(statement)


def _truncate_log(connection: Transaction) -> bool:
    """Return False when the log is still in use or cannot be written; the change itself is committed either way."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"PRAGMA busy_timeout = {_CHECKPOINT_TIMEOUT_MS}")
    try:
        busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError:
        return False
    finally:
        driver.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    return not busy


def _revision(tx: Transaction) -> str | None:
    if not inspect(tx).has_table("alembic_version"):
        return None
    return tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _refuse_foreign_tables(tx: Transaction, path: Path) -> None:
    if inspect(tx).get_table_names():
        raise SetupProblem(
            "database_unopenable",
            f"The database {path} belongs to another program.",
            hint="Set PENDANT_DATABASE_URL or PENDANT_DATA_DIR to a place of Pendant's own.",
        )
