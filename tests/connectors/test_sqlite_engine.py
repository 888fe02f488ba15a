"""What only a SQLite target can do and suffer. The promises of every target are in test_loads.py."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from loading_places import BY_KEY, BY_TIME, SqlitePlace, day, row, rows
from pendant.errors import Conflict, WrongInput


@pytest.fixture
def place(tmp_path: Path) -> SqlitePlace:
    return SqlitePlace(f"{tmp_path}/it's.sqlite#people")


def asked(place: SqlitePlace, *statements: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(place.target.partition("#")[0])) as database, database:
        return [found for statement in statements for found in database.execute(statement).fetchall()]


def test_declared_types_say_what_the_texts_mean(place: SqlitePlace) -> None:
    place.load({day(0): [row(1)]})
    types = dict(asked(place, "SELECT name, type FROM pragma_table_info('people')"))
    assert types == {
        "id": "INTEGER",
        "at": "TIMESTAMP TEXT",
        "name": "TEXT",
        "score": "REAL",
        "paid": "BOOLEAN",
        "tags": "JSON TEXT",
        "rest": "JSON TEXT",
    }
    assert asked(place, "SELECT at, tags ->> 0, rest ->> 'n' FROM people") == [("2024-10-04T00:00:00.001Z", "t1", 1)]


def test_a_json_value_keeps_its_very_text(place: SqlitePlace) -> None:
    place.load({day(0): [row(1, rest="1.50")]})
    assert asked(place, "SELECT rest FROM people") == [("1.50",)]


def test_other_tables_indexes_and_views_stay(place: SqlitePlace) -> None:
    place.load({day(0): rows(0, 3)})
    asked(place, "CREATE INDEX by_name ON people (name)", "CREATE VIEW seen AS SELECT count(*) FROM people")
    place.load({day(0): rows(0, 5)})
    place.load({day(0): rows(4, 2)}, BY_KEY)
    assert asked(place, "SELECT * FROM seen", "SELECT name FROM sqlite_schema WHERE type = 'index'") == [
        (6,),
        ("by_name",),
    ]


def test_a_view_is_never_replaced(place: SqlitePlace) -> None:
    asked(place, "CREATE VIEW People AS SELECT 1 AS one")
    with pytest.raises(WrongInput) as refused:
        place.load({day(0): rows(0, 3)}, BY_TIME)
    assert refused.value.code == "target_is_view"


def test_a_file_that_is_not_sqlite_is_refused_and_left_alone(place: SqlitePlace) -> None:
    path = Path(place.target.partition("#")[0])
    path.write_text("This is a letter to my aunt, and she wants to keep it. " * 100)
    before = path.read_bytes()
    with pytest.raises(WrongInput) as refused:
        place.load({day(0): rows(0, 3)})
    assert refused.value.code == "target_not_sqlite"
    assert path.read_bytes() == before


HOLDER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN IMMEDIATE")
print("writing", flush=True)
sys.stdin.read()
"""


def test_a_file_that_another_program_writes_is_named(place: SqlitePlace) -> None:
    place.load({day(0): rows(0, 3)})
    command = [sys.executable, "-c", HOLDER, place.target.partition("#")[0]]
    with subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "writing\n"
        with pytest.raises(Conflict) as refused:
            place.load({day(0): rows(5, 3)})
        holder.kill()
    assert refused.value.code == "target_locked"
    assert place.ids() == [0, 1, 2]
    assert place.left_behind() == []
