"""What only a DuckDB target can do and suffer. The promises of every destination are in test_files_destinations.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pendant.connectors.destinations import open_destination
from pendant.errors import Conflict, WrongInput
from pendant.model.export import Export
from pendant.model.pipeline import Destination
from pendant.model.run import Slice

SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("at", pa.timestamp("ms", "UTC")),
        ("tags", pa.list_(pa.string())),
        ("day", pa.date32()),
        ("nothing", pa.null()),
    ]
)
A = Slice("a", 0, 1)


def batch(rows: int) -> pa.RecordBatch:
    values = [{"id": number, "at": 1_710_000_000_000, "tags": ["x", None]} for number in range(rows)]
    return pa.RecordBatch.from_pylist(values, schema=SCHEMA)


def opened(target: Path, table: str, *, may_replace: bool) -> Destination:
    return open_destination(Export("people", "prod", f"{target}#{table}"), run_id="r", may_replace=may_replace)


def stored(target: Path, table: str, rows: int = 3, *, may_replace: bool = False) -> None:
    destination = opened(target, table, may_replace=may_replace)
    destination.ensure_schema(SCHEMA)
    destination.replace_slice(A, iter([batch(rows)]))
    destination.publish([A])


def asked(target: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(target), read_only=True) as database:
        return database.execute(query).fetchall()


def test_other_tables_of_the_file_stay_as_they_are(tmp_path: Path) -> None:
    target = tmp_path / "out.duckdb"
    with duckdb.connect(str(target)) as database:
        database.execute("CREATE TABLE mine AS SELECT 42 AS answer")
        database.execute("CREATE VIEW seen AS SELECT * FROM mine")
    stored(target, "people")
    stored(target, "people", rows=5, may_replace=True)
    assert asked(target, "FROM seen") == [(42,)]
    assert asked(target, "SELECT count(*) FROM people") == [(5,)]


def test_types_arrive_as_they_are(tmp_path: Path) -> None:
    target = tmp_path / "out.duckdb"
    stored(target, "people")
    types = dict(asked(target, "SELECT column_name, data_type FROM information_schema.columns"))
    assert types["id"] == "BIGINT"
    assert types["at"] == "TIMESTAMP WITH TIME ZONE"
    assert types["tags"] == "VARCHAR[]"
    assert types["day"] == "DATE"


def test_the_file_says_a_storage_version_that_older_duckdb_reads(tmp_path: Path) -> None:
    target = tmp_path / "out.duckdb"
    stored(target, "people")
    tags = asked(target, "SELECT tags FROM duckdb_databases() WHERE NOT internal")
    assert "v1.0.0" in str(tags)


@pytest.mark.parametrize("table", ['we"ird; DROP TABLE x --', "select", "with space", "ünï"])
def test_any_table_name_is_only_a_name(table: str, tmp_path: Path) -> None:
    target = tmp_path / "out's.duckdb"
    stored(target, table)
    assert asked(target, "SELECT table_name FROM information_schema.tables") == [(table,)]


def test_a_missing_table_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongInput) as refused:
        stored(tmp_path / "out.duckdb", "")
    assert refused.value.code == "table_name_missing"


def test_the_case_of_a_table_name_does_not_matter_to_duckdb_nor_to_us(tmp_path: Path) -> None:
    stored(tmp_path / "out.duckdb", "People")
    with pytest.raises(Conflict) as refused:
        stored(tmp_path / "out.duckdb", "people")
    assert refused.value.code == "target_exists"


def test_a_view_is_never_replaced(tmp_path: Path) -> None:
    target = tmp_path / "out.duckdb"
    with duckdb.connect(str(target)) as database:
        database.execute("CREATE VIEW people AS SELECT 1 AS one")
    with pytest.raises(WrongInput) as refused:
        stored(target, "people", may_replace=True)
    assert refused.value.code == "target_is_view"


def test_a_file_that_is_not_duckdb_is_refused_and_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "out.duckdb"
    target.write_text("This is a letter to my aunt, and she wants to keep it. " * 100)
    before = target.read_bytes()
    with pytest.raises(WrongInput) as refused:
        stored(target, "people", may_replace=True)
    assert refused.value.code == "target_not_duckdb"
    assert target.read_bytes() == before


HOLDER = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"


def test_a_file_open_in_another_program_is_named(tmp_path: Path) -> None:
    target = tmp_path / "out.duckdb"
    stored(target, "people")
    command = [sys.executable, "-c", HOLDER, str(target)]
    with subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(Conflict) as refused:
            stored(target, "people", may_replace=True)
        holder.kill()
    assert refused.value.code == "target_locked"


def test_a_file_open_in_this_program_is_named(tmp_path: Path) -> None:
    target = tmp_path / "out.duckdb"
    stored(target, "people")
    with duckdb.connect(str(target)), pytest.raises(Conflict) as refused:
        stored(target, "people", may_replace=True)
    assert refused.value.code == "target_locked"


def test_others_can_read_the_file_until_the_rows_are_loaded(tmp_path: Path) -> None:
    target = tmp_path / "out.duckdb"
    stored(target, "people")
    destination = opened(target, "people", may_replace=True)
    destination.ensure_schema(SCHEMA)
    destination.replace_slice(A, iter([batch(9)]))
    assert asked(target, "SELECT count(*) FROM people") == [(3,)]
    destination.publish([A])
    assert asked(target, "SELECT count(*) FROM people") == [(9,)]
