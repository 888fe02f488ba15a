import logging
import os
import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from pendant.errors import SetupProblem
from pendant.model.clock import SettableClock
from pendant.store import tables
from pendant.store.database import Database
from pendant.store.migrate import _config


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def opened(path: Path, clock: SettableClock) -> Database:
    database = Database(f"sqlite:///{path}", clock)
    database.open()
    return database


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o377])
def test_g03_folder_and_files_are_for_the_owner_alone_whatever_the_umask(
    path: Path, clock: SettableClock, umask: int
) -> None:
    before = os.umask(umask)
    try:
        database = opened(path, clock)
        with database.begin() as tx:
            tx.execute(insert(tables.attempts).values(key="k", at=clock.now()))
        assert mode(path.parent) == 0o700
        assert {file.name: mode(file) for file in path.parent.iterdir()} == {
            "pendant.db": 0o600,
            "pendant.db-wal": 0o600,
            "pendant.db-shm": 0o600,
        }
        database.close()
    finally:
        os.umask(before)


def test_the_settings_that_make_a_commit_durable_and_a_deletion_thorough_are_on(database: Database) -> None:
    with database.begin() as tx:
        found = {
            name: tx.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys", "secure_delete")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "busy_timeout": 30_000,
        "foreign_keys": 1,
        "secure_delete": 1,
    }


def test_the_migrations_lead_to_exactly_the_declared_tables(database: Database) -> None:
    with database.read() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_the_newest_revision_is_the_one_the_code_expects() -> None:
    assert ScriptDirectory.from_config(_config()).get_heads() == [tables.HEAD]


def test_opening_again_keeps_what_was_there(database: Database, path: Path, clock: SettableClock) -> None:
    with database.read() as tx:
        before = tx.execute(select(tables.instance.c.instance_id)).scalar_one()
    database.close()
    again = opened(path, clock)
    with again.read() as tx:
        assert tx.execute(select(tables.instance.c.instance_id)).scalar_one() == before
    again.close()


def test_two_installations_have_different_ids(tmp_path: Path, clock: SettableClock) -> None:
    ids = set()
    for name in ("one", "two"):
        database = opened(tmp_path / name / "x.db", clock)
        with database.read() as tx:
            ids.add(tx.execute(select(tables.instance.c.instance_id)).scalar_one())
        database.close()
    assert len(ids) == 2


def test_opening_does_not_touch_the_logging_set_up(path: Path, clock: SettableClock) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers), root.disabled, logging.getLogger("pendant").disabled)
    opened(path, clock).close()
    assert (root.level, list(root.handlers), root.disabled, logging.getLogger("pendant").disabled) == before


def test_a_newer_database_is_refused_and_left_as_it_is(database: Database, path: Path, clock: SettableClock) -> None:
    with database.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    before = path.read_bytes()
    with pytest.raises(SetupProblem, match="newer Pendant") as problem:
        opened(path, clock)
    assert problem.value.code == "database_newer"
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused_and_left_as_it_is(path: Path, clock: SettableClock) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE notes (id INTEGER)")
        other.commit()
    with pytest.raises(SetupProblem, match="another program") as problem:
        opened(path, clock)
    assert problem.value.code == "database_unopenable"
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("notes",)]


def test_a_file_that_is_no_database_is_refused(path: Path, clock: SettableClock) -> None:
    path.parent.mkdir()
    path.write_text("not a database at all, but long enough to look at" * 100)
    with pytest.raises(SetupProblem, match="is not a SQLite database") as problem:
        opened(path, clock)
    assert problem.value.code == "database_unopenable"


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path, clock: SettableClock) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SetupProblem, match="cannot be written") as problem:
        opened(tmp_path / "file" / "data" / "pendant.db", clock)
    assert problem.value.code == "data_dir_unwritable"


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not hold the root user back")
def test_a_folder_without_write_permission_is_one_sentence(tmp_path: Path, clock: SettableClock) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SetupProblem) as problem:
        opened(tmp_path / "pendant.db", clock)
    tmp_path.chmod(0o700)
    assert problem.value.code == "data_dir_unwritable"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://localhost/pendant",
        "postgresql+psycopg://localhost/pendant",
        "mysql://localhost/pendant",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////data/x.db?mode=ro",
        "sqlite+pysqlcipher:////data/x.db",
        "pendant.db",
        "",
    ],
)
def test_any_database_but_a_sqlite_file_is_refused_in_one_sentence(url: str, clock: SettableClock) -> None:
    with pytest.raises(SetupProblem) as problem:
        Database(url, clock)
    assert problem.value.code == "database_not_supported"
    assert problem.value.field == "PENDANT_DATABASE_URL"


def test_a_refused_address_does_not_repeat_its_password(clock: SettableClock) -> None:
    with pytest.raises(SetupProblem) as problem:
        Database("postgresql://pendant:hunter2hunter2@db/pendant", clock)
    assert "hunter2" not in str(problem.value)


def test_what_happens_before_an_error_is_undone(database: Database, clock: SettableClock) -> None:
    def write_and_fail() -> None:
        with database.begin() as tx:
            tx.execute(insert(tables.attempts).values(key="k", at=clock.now()))
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        write_and_fail()
    assert count(database) == 0


def test_a_reading_transaction_cannot_write_and_a_writing_one_after_it_can(
    database: Database, clock: SettableClock
) -> None:
    with pytest.raises(OperationalError), database.read() as tx:
        tx.execute(insert(tables.attempts).values(key="k", at=clock.now()))
    with database.begin() as tx:
        tx.execute(insert(tables.attempts).values(key="k", at=clock.now()))
    assert count(database) == 1


def test_a_reader_sees_one_moment_and_does_not_wait_for_the_writer(database: Database, clock: SettableClock) -> None:
    with database.read() as reader:
        assert reader.execute(select(func.count()).select_from(tables.attempts)).scalar_one() == 0
        with database.begin() as writer:
            writer.execute(insert(tables.attempts).values(key="k", at=clock.now()))
        assert reader.execute(select(func.count()).select_from(tables.attempts)).scalar_one() == 0
    assert count(database) == 1


def test_concurrent_writers_lose_nothing(database: Database, clock: SettableClock) -> None:
    with database.begin() as tx:
        tx.execute(insert(tables.attempts).values(id=1, key="0", at=clock.now()))

    def add_ten() -> None:
        for _ in range(10):
            with database.begin() as tx:
                seen = int(tx.execute(select(tables.attempts.c.key)).scalar_one())
                tx.execute(tables.attempts.update().values(key=str(seen + 1)))

    in_threads(add_ten, 6)
    with database.read() as tx:
        assert tx.execute(select(tables.attempts.c.key)).scalar_one() == "60"


def test_opening_an_empty_folder_from_many_sides_at_once_makes_one_database(path: Path, clock: SettableClock) -> None:
    found: list[str] = []

    def open_and_look() -> None:
        database = opened(path, clock)
        with database.read() as tx:
            found.append(tx.execute(select(tables.instance.c.instance_id)).scalar_one())
        database.close()

    in_threads(open_and_look, 8)
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_full_disk_is_one_sentence_and_nothing_changes(database: Database, clock: SettableClock) -> None:
    with database.read() as tx:  # the pool hands the same connection out again, and the limit is the connection's
        tx.execute(text(f"PRAGMA max_page_count = {tx.execute(text('PRAGMA page_count')).scalar_one()}"))
    with pytest.raises(SetupProblem, match="disk is full") as problem, database.begin() as tx:
        tx.execute(insert(tables.attempts).values(key="k" * 100_000, at=clock.now()))
    assert problem.value.code == "disk_full"
    assert count(database) == 0


def test_the_values_of_a_statement_are_not_in_its_error(database: Database, clock: SettableClock) -> None:
    with database.begin() as tx:
        values = {"code_hash": "canary-4711", "expires_at": clock.now()}
        tx.execute(insert(tables.setup_codes).values(values))
        with pytest.raises(IntegrityError) as problem:
            tx.execute(insert(tables.setup_codes).values(values))
    assert "canary-4711" not in str(problem.value)


def test_a_time_without_a_zone_is_refused_and_one_with_a_zone_comes_back_exactly(
    database: Database, clock: SettableClock
) -> None:
    moment = clock.now().replace(microsecond=123_457)
    with database.begin() as tx:
        tx.execute(insert(tables.attempts).values(key="k", at=moment))
        assert tx.execute(select(tables.attempts.c.at)).scalar_one() == moment
        with pytest.raises(Exception, match="without a zone"):
            tx.execute(insert(tables.attempts).values(key="k", at=moment.replace(tzinfo=None)))


def in_threads(work: Callable[[], None], number: int) -> None:
    with ThreadPoolExecutor(number) as pool:
        for done in [pool.submit(work) for _ in range(number)]:
            done.result()


def count(database: Database) -> int:
    with database.read() as tx:
        return int(tx.execute(select(func.count()).select_from(tables.attempts)).scalar_one())
