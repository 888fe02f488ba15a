"""Places that rows can be loaded into, for one suite over all of them: each is opened and read back in its own way."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pendant.connectors.destinations import open_destination
from pendant.connectors.systems import System
from pendant.egress import Egress
from pendant.model.clock import SystemClock
from pendant.model.connection import Connection, HttpSettings
from pendant.model.export import Export
from pendant.model.pipeline import REPLACE, Destination, Load, LoadMode, Written
from pendant.model.run import Note, Slice
from pendo_reading import LOOPBACK, Opener
from postgresql_server import Server

ISO = re.compile(r"\d{4}-\d\d-\d\dT.*Z")
DAY = 86_400_000
FIRST = 20_000 * DAY
JSON_COLUMN = {b"pendant:json": b"1"}
SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64()),
        pa.field("at", pa.timestamp("ms", "UTC")),
        pa.field("name", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("paid", pa.bool_()),
        pa.field("tags", pa.list_(pa.string())),
        pa.field("rest", pa.string(), metadata=JSON_COLUMN),
    ]
)
BY_TIME = Load(LoadMode.SLICES, time="at")
BY_KEY = Load(LoadMode.MERGE, key=("id",))
APPENDED = Load(LoadMode.APPEND)


def day(number: int) -> Slice:
    return Slice(f"day{number:03}", FIRST + number * DAY, FIRST + (number + 1) * DAY)


def row(number: int, *, on: int = 0, **other: Any) -> dict[str, Any]:
    """Return a row with the id `number` that happened on a day, and has something odd in every column."""
    return {
        "id": number,
        "at": FIRST + on * DAY + number % DAY,
        "name": None if number % 5 == 0 else f'Ann "{number}",\n\\ \t🦊',
        "score": number / 8,
        "paid": None if number % 3 == 0 else number % 2 == 0,
        "tags": None if number % 7 == 0 else [f"t{number}", None, 'q"\n'],
        "rest": f'{{"n": {number}, "deep": [null, "x\\n"]}}',
    } | other


def rows(first: int, count: int, *, on: int = 0, **other: Any) -> list[dict[str, Any]]:
    return [row(number, on=on, **other) for number in range(first, first + count)]


@dataclass
class Place:
    """A target of one kind, and the notes that its loads made."""

    target: str
    notes: list[Note] = field(default_factory=list)
    modes: tuple[LoadMode, ...] = tuple(LoadMode)
    options: dict[str, Any] = field(default_factory=dict)

    def open(self, load: Load = REPLACE, *, run_id: str = "run-1", may_replace: bool = True) -> Destination:
        export = Export(resource="people", connection="prod", target=self.target)
        return open_destination(
            export, run_id=run_id, may_replace=may_replace, load=load, note=self.notes.append, **self.options
        )

    def load(
        self,
        parts: dict[Slice, list[dict[str, Any]]],
        load: Load = REPLACE,
        *,
        schema: pa.Schema = SCHEMA,
        run_id: str = "run-1",
    ) -> Written:
        destination = self.open(load, run_id=run_id)
        destination.ensure_schema(schema)
        try:
            for part, values in parts.items():
                destination.replace_slice(part, batches(values, schema))
            return destination.publish(list(parts))
        finally:
            destination.discard()

    def rows(self) -> list[dict[str, Any]]:
        """Return what is there in the order it is stored: times in ms, JSON columns parsed."""
        return [{name: _plain(value) for name, value in found.items()} for found in self._found()]

    def ids(self) -> list[int]:
        return sorted(found["id"] for found in self._found())

    @property
    def recipe(self) -> str:
        """Return the Python that makes this place again in another process."""
        return f"{type(self).__name__}({self.target!r})"

    def settled_ids(self) -> list[int]:
        """Return the ids when whatever a killed process left has come to rest."""
        return self.ids()

    def left_behind(self) -> list[str]:
        folder = Path(self.target.partition("#")[0]).parent
        return sorted(entry.name for entry in folder.iterdir() if entry.name.startswith("."))

    def _found(self) -> list[dict[str, Any]]:
        raise NotImplementedError


class DuckDbPlace(Place):
    def _found(self) -> list[dict[str, Any]]:
        path, _, table = self.target.partition("#")
        if not Path(path).exists():
            return []
        with duckdb.connect(path, read_only=True) as database:
            return database.sql(f"FROM {table or 'people'}").to_arrow_table().to_pylist()


class SqlitePlace(Place):
    def _found(self) -> list[dict[str, Any]]:
        path, _, table = self.target.partition("#")
        if not Path(path).exists():
            return []
        with closing(sqlite3.connect(path)) as database:
            cursor = database.execute(f'SELECT * FROM "{table or "people"}"')
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, found, strict=True)) for found in cursor.fetchall()]


class DeltaPlace(Place):
    def left_behind(self) -> list[str]:
        return sorted(entry.name for entry in self._folder.parent.iterdir() if entry.name.startswith("."))

    @property
    def _folder(self) -> Path:
        return Path(self.target.removeprefix("delta:"))

    def _found(self) -> list[dict[str, Any]]:
        if not (self._folder / "_delta_log").exists():
            return []
        deltalake = importlib.import_module("deltalake")
        rows: list[dict[str, Any]] = deltalake.DeltaTable(str(self._folder)).to_pyarrow_table().to_pylist()
        # A table has no order of its own.
        return sorted(rows, key=lambda found: found["id"])


class FolderPlace(Place):
    """A folder of days. Every load needs to know the column of the time."""

    def open(self, load: Load = REPLACE, *, run_id: str = "run-1", may_replace: bool = True) -> Destination:
        return super().open(replace(load, time="at"), run_id=run_id, may_replace=may_replace)

    def left_behind(self) -> list[str]:
        return sorted(entry.name for entry in Path(self.target).parent.iterdir() if entry.name.startswith("."))

    def _found(self) -> list[dict[str, Any]]:
        return _days_in(Path(self.target))


def _days_in(folder: Path) -> list[dict[str, Any]]:
    files = sorted(folder.glob("date=*/*.parquet"))
    tables = [pq.ParquetFile(file).read() for file in files]
    for file, table in zip(files, tables, strict=True):
        days = {f"date={at:%Y-%m-%d}" for at in table["at"].to_pylist() if at is not None}
        assert days <= {file.parent.name}
    return pa.concat_tables(tables, promote_options="default").to_pylist() if tables else []


@dataclass
class ObjectPlace(FolderPlace):
    """A folder of days in a bucket of a server that runs at `endpoint`; rows wait in `scratch`."""

    endpoint: str = ""
    scratch: str = ""

    def __post_init__(self) -> None:
        http = HttpSettings(base_uri=self.endpoint, network="private")
        connection = Connection("c1", "store", "s3", "s3", http)
        egress = Egress(allow_networks=LOOPBACK, opener=Opener("x" * 20), clock=SystemClock())
        self.options = {"system": System(connection, egress, Path(self.scratch) / "waiting")}

    @property
    def recipe(self) -> str:
        return f"ObjectPlace({self.target!r}, endpoint={self.endpoint!r}, scratch={self.scratch!r})"

    def left_behind(self) -> list[str]:
        return [entry.name for entry in (Path(self.scratch) / "waiting").iterdir()]

    def _found(self) -> list[dict[str, Any]]:
        system = self.options["system"]
        local = Path(self.scratch) / "read"
        shutil.rmtree(local, ignore_errors=True)
        with system.way_out.storage(system.connection) as storage:
            for path in storage.below(self.target.removeprefix("s3://").rstrip("/")):
                copy = local / Path(*path.split("/")[2:])
                copy.parent.mkdir(parents=True)
                storage.get(path, copy)
        return _days_in(local)


@dataclass
class PostgreSqlPlace(Place):
    """A table of a server that runs; rows wait in `scratch`."""

    server: Server = field(default_factory=lambda: Server(0, ""))
    scratch: str = ""

    def __post_init__(self) -> None:
        self.options = {"system": self._system()}

    @classmethod
    def emptied(cls, server: Server, scratch: Path) -> PostgreSqlPlace:
        """Return the place on a server without any table of an earlier test."""
        place = cls("postgresql:warehouse#people", server=server, scratch=str(scratch))
        with place.asked("DROP TABLE IF EXISTS people, pendant_loads"):
            return place

    @property
    def recipe(self) -> str:
        return f"PostgreSqlPlace({self.target!r}, server={self.server!r}, scratch={self.scratch!r})"

    def settled_ids(self) -> list[int]:
        """A server goes on for a moment with what a dead client asked for; the lock says when it has ended."""
        with self.asked('SELECT pg_advisory_lock(hashtextextended(\'pendant "public"."people"\', 0))::text'):
            return self.ids()

    def left_behind(self) -> list[str]:
        temporary = "SELECT relname::text FROM pg_class WHERE relname LIKE 'pendant_s%'"
        with self.asked(temporary) as found:
            waiting = (entry.name for entry in self.options["system"].scratch.iterdir())
            return [*(str(row[0]) for row in found), *waiting]

    @contextmanager
    def asked(self, query: str) -> Iterator[list[tuple[Any, ...]]]:
        system = self.options["system"]
        with system.way_out.postgresql(system.connection) as opened, opened.cursor() as cursor:
            cursor.execute(query)
            yield cursor.fetchall() if cursor.description else []

    def _found(self) -> list[dict[str, Any]]:
        with self.asked("SELECT count(*) FROM pg_class WHERE relname = 'people'") as found:
            if found == [(0,)]:
                return []
        system = self.options["system"]
        with system.way_out.postgresql(system.connection) as opened, opened.cursor() as cursor:
            cursor.execute("SELECT * FROM people")
            rows: list[dict[str, Any]] = cursor.fetch_arrow_table().to_pylist()
            return rows

    def _system(self) -> System:
        clock = SystemClock()
        connection = Connection(
            "c1", "warehouse", "postgresql", "postgresql", HttpSettings(base_uri=self.server.address, network="private")
        )
        egress = Egress(allow_networks=LOOPBACK, opener=Opener(self.server.password), clock=clock)
        return System(connection, egress, Path(self.scratch) / "waiting")


def batches(values: list[dict[str, Any]], schema: pa.Schema = SCHEMA, *, size: int = 7) -> Any:
    return iter(
        [pa.RecordBatch.from_pylist(values[at : at + size], schema=schema) for at in range(0, len(values), size)]
    )


def expected(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows as `Place.rows` shows them when every value arrived."""
    return [{name: _plain(value) for name, value in found.items()} for found in values]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return round((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp() * 1000)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and ISO.fullmatch(value):
        return _plain(datetime.fromisoformat(value))
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json.loads(value)
    return value
