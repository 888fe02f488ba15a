"""Places that rows can be loaded into, for one suite over all of them: each is opened and read back in its own way."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pendant.connectors.destinations import open_destination
from pendant.model.export import Export
from pendant.model.pipeline import REPLACE, Destination, Load, LoadMode, Written
from pendant.model.run import Note, Slice

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
