"""Visitors with 500 metadata fields of every type, and of odd names, in every kind of target: no value is lost."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from journeys.rows import rows_in
from loading_places import ObjectPlace, PostgreSqlPlace
from pendant.connectors.catalogue import load
from pendant.connectors.destinations import open_destination
from pendant.connectors.pendo import metadata
from pendant.connectors.pendo.layout import Layout
from pendant.connectors.postgresql.dialect import short_name
from pendant.model.export import Export
from pendant.model.pipeline import Shape
from pendo_reading import Counts, Reading, opened_reading
from pendosim.values import Row
from pendosim.world.fields import NewField
from postgresql_server import Server

CONNECTOR = load().connector("pendo")
FIELDS = 500
ODD_NAMES = (
    "with blank",
    "ünïcode",
    "dotted.name",
    "semi;colon",
    "select",
    "it's",
    "x" * 80,
    "percent%s",
    "a-b",
    "Größe",
)
TYPES = ("string", "integer", "float", "boolean", "time", "list")
MOMENT = 1_709_657_545_641


def value_of(kind: str, number: int) -> Any:
    values: dict[str, Any] = {
        "string": f'text "{number}"\n\\ ,;🦊',
        "integer": 2**53 + number,
        "float": number / 7,
        "boolean": number % 4 == 0,
        "time": MOMENT + number,
        "list": [f"a{number}", 'b"', ""],
    }
    return values[kind]


def fields() -> dict[str, str]:
    names = [*ODD_NAMES, *(f"field_{number}" for number in range(FIELDS - len(ODD_NAMES)))]
    return {name: TYPES[number % len(TYPES)] for number, name in enumerate(names)}


@pytest.fixture(scope="module")
def wide() -> Iterator[Reading]:
    with opened_reading(load(), visitors=5, accounts=1, days=1, events_per_day=5, odd_ids=False) as one:
        processed = visitors(one)
        with one.pendo.world.present() as state:
            entities = state.entities["visitor"]
            for name, kind in fields().items():
                state.fields.add("visitor", "custom", NewField(name, kind, name))
            for place, visitor in enumerate(processed):
                entities.later(visitor, partial(metadata_of, place))()
        yield one


def visitors(one: Reading) -> list[str]:
    """Return those who have metadata: of one who is not processed nothing is known."""
    unprocessed = {row["visitorId"] for row in one.table("doNotProcessVisitors").to_pylist()}
    return [name for name in one.pendo.world.ids("visitor") if name not in unprocessed]


def metadata_of(place: int, metadata: Row) -> None:
    metadata["custom"] = values(place)


def values(place: int) -> dict[str, Any]:
    """Return what one visitor has: each field has a value of its own."""
    return {name: value_of(kind, 1000 * place + number) for number, (name, kind) in enumerate(fields().items())}


def written(wide: Reading, target: str, **options: Any) -> dict[tuple[str, ...], str]:
    """Write the visitors, and return the columns of the fields by their paths."""
    export = Export("visitors", "c", target)
    source = wide.source("visitors")
    destination = open_destination(export, run_id="wide", may_replace=True, **options)
    destination.ensure_schema(source.schema)
    try:
        for part in source.plan():
            destination.replace_slice(part, source.read(part, Counts()))
        destination.publish(source.plan())
    finally:
        destination.discard()
    layout = metadata.columns(wide.channel, CONNECTOR, CONNECTOR.resource("visitors"))
    return {column.path: column.name for column in Layout(layout).columns if column.path[1:2] == ("custom",)}


def assert_all_there(rows: list[dict[str, Any]], columns: dict[tuple[str, ...], str], wide: Reading) -> None:
    assert len(columns) >= FIELDS
    assert len(rows) == len(wide.pendo.world.ids("visitor")) > 1
    assert len(visitors(wide)) > 1
    by_id = {row["visitorId"]: row for row in rows}
    for place, visitor in enumerate(visitors(wide)):
        found = {name: by_id[visitor][columns["metadata", "custom", name]] for name in fields()}
        shown = {name: as_sent(fields()[name], value) for name, value in found.items()}
        assert shown == values(place)


def as_sent(kind: str, value: Any) -> Any:
    """Return a value as Pendo sent it, whatever a target made of it."""
    if kind == "time" and isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    if kind in ("integer", "float") and isinstance(value, str):
        return json.loads(value)
    if kind == "boolean":
        return value in (True, 1, "true")
    return json.loads(value) if kind == "list" and isinstance(value, str) else value


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl", "duckdb", "sqlite"])
def test_500_fields_of_every_type_arrive_in_a_file(wide: Reading, tmp_path: Path, kind: str) -> None:
    target = tmp_path / f"out.{kind}"
    columns = written(wide, str(target))
    if kind == "sqlite":
        with closing(sqlite3.connect(target)) as database:
            database.row_factory = sqlite3.Row
            rows = [dict(row) for row in database.execute("SELECT * FROM visitors")]
    elif kind == "csv":
        with target.open(newline="") as file:
            rows = list(csv.DictReader(file))
    else:
        rows = rows_in(target, "visitors")
    assert_all_there(rows, columns, wide)


def test_500_fields_of_every_type_arrive_in_postgresql(wide: Reading, tmp_path: Path, postgresql: Server) -> None:
    place = PostgreSqlPlace.emptied(postgresql, tmp_path)
    columns = written(wide, place.target, **place.options)
    with (
        place.options["system"].way_out.postgresql(place.options["system"].connection) as opened,
        opened.cursor() as cursor,
    ):
        cursor.execute("SELECT * FROM people")
        rows = cursor.fetch_arrow_table().to_pylist()
    assert_all_there(rows, {path: short_name(name) for path, name in columns.items()}, wide)


def test_500_fields_of_every_type_arrive_in_an_object(wide: Reading, tmp_path: Path, object_storage: str) -> None:
    place = ObjectPlace("s3://exports/wide.parquet", endpoint=object_storage, scratch=str(tmp_path))
    columns = written(wide, place.target, **place.options)
    system = place.options["system"]
    with system.way_out.storage(system.connection) as storage:
        storage.get("exports/wide.parquet", tmp_path / "wide.parquet")
    assert_all_there(pq.read_table(tmp_path / "wide.parquet").to_pylist(), columns, wide)


def test_500_fields_of_every_type_are_passed_on_as_they_came(wide: Reading) -> None:
    lines = wide.table("visitors", shape=Shape.RECORDS).column(0).to_pylist()
    found = {one["visitorId"]: one["metadata"].get("custom") for one in map(json.loads, lines)}
    for place, visitor in enumerate(visitors(wide)):
        assert found[visitor] == values(place)
