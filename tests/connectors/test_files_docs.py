"""docs/destinations.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest

from pendant.connectors.destinations import open_destination
from pendant.connectors.postgresql.dialect import PostgreSqlDialect
from pendant.connectors.sqlite.dialect import SqliteDialect
from pendant.connectors.systems import System, place_of
from pendant.egress import Egress
from pendant.errors import WrongInput
from pendant.model.clock import SystemClock
from pendant.model.connection import Connection, HttpSettings
from pendant.model.export import Export
from pendant.model.pipeline import REPLACE, Destination, Load, LoadMode
from pendant.transform.query import Sql
from pendo_reading import Opener

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "destinations.md").read_text(encoding="utf-8")
COLUMNS = pa.schema(
    [
        (name, pa.string())
        for name in ("visitorId", "agent_email", "agent_name", "properties", "remoteIp", "auto_lastvisit")
    ]
    + [("numEvents", pa.int64())]
)
CODES = sorted(set(re.findall(r"`((?:target|folder|column|columns|disk|sql|unknown|load|row|key)_[a-z_]+)`", PAGE)))
SELECTIONS = re.findall(r'--select "([^"]+)"', PAGE) + re.findall(r"`(regexp_replace.+?)`", PAGE)


def test_the_page_names_codes_and_selections() -> None:
    assert len(CODES) > 10
    assert len(SELECTIONS) == 6


@pytest.mark.parametrize("code", CODES)
def test_every_code_on_the_page_is_one_the_product_raises(code: str) -> None:
    sources = [*(ROOT / "src/pendant/connectors").rglob("*.py"), *(ROOT / "src/pendant/transform").rglob("*.py")]
    assert any(f'"{code}"' in source.read_text(encoding="utf-8") for source in sources)


@pytest.mark.parametrize("select", SELECTIONS)
def test_every_selection_on_the_page_works(select: str) -> None:
    assert Sql(COLUMNS, select=select, hasher=lambda: lambda value: value.hex()).schema.names


def test_the_hint_about_formulas_makes_them_texts() -> None:
    selection = next(select for select in SELECTIONS if "regexp_replace" in select)
    batch = pa.RecordBatch.from_pylist([{"agent_name": "=1+1"}, {"agent_name": "Ann"}], schema=COLUMNS)
    (found,) = Sql(COLUMNS, select=selection).apply(iter([batch]))
    assert found["agent_name"].to_pylist() == ["'=1+1", "Ann"]


def opened(target: str, scratch: Path, load: Load = REPLACE) -> Destination:
    place = place_of(target)
    system = None
    if place is not None:
        connection = Connection(
            "c", "warehouse", place.application, place.application, HttpSettings("https://x.example")
        )
        way_out = Egress(allow_networks=(), opener=Opener("x" * 20), clock=SystemClock())
        system = System(connection, way_out, scratch)
    return open_destination(Export("visitors", "prod", target), run_id="r", may_replace=False, load=load, system=system)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`((?:out[./]|s3:|postgresql:)[^`]*)`", PAGE))))
def test_every_target_on_the_page_can_be_opened(target: str, tmp_path: Path) -> None:
    assert opened(target, tmp_path)


MODES = [
    (target, LoadMode(mode), said.strip() == "yes")
    for row in re.findall(
        r"^\| (`.+) \|$", PAGE.partition("| replace |")[2].partition("- **replace**")[0], re.MULTILINE
    )
    for target in re.findall(r"`([^`]+)`", row)
    for mode, said in zip(LoadMode, row.split("|")[1:], strict=True)
]


@pytest.mark.parametrize(("target", "mode", "possible"), MODES)
def test_the_table_of_modes_is_what_the_targets_do(target: str, mode: LoadMode, possible: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a column of the table
    if possible:
        assert opened(target, tmp_path, Load(mode))
    else:
        with pytest.raises(WrongInput) as refused:
            opened(target, tmp_path, Load(mode))
        assert refused.value.code == "load_unsupported"


def test_the_table_of_modes_was_found() -> None:
    assert len(MODES) == 40
    assert [mode.value for mode in LoadMode] == ["replace", "slices", "merge", "append"]


FIELDS = {
    "text": pa.field("x", pa.string()),
    "whole number": pa.field("x", pa.int64()),
    "number": pa.field("x", pa.float64()),
    "true or false": pa.field("x", pa.bool_()),
    "time": pa.field("x", pa.timestamp("ms", "UTC")),
    "list": pa.field("x", pa.list_(pa.string())),
    "JSON (objects, unknown fields)": pa.field("x", pa.string(), metadata={b"pendant:json": b"1"}),
}


@pytest.mark.parametrize("column", FIELDS)
def test_the_types_of_databases_are_those_of_the_table(column: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {column} |"))
    sqlite, postgresql = (re.findall(r"`([^`]+)`", cell)[0] for cell in row.strip("| ").split(" | ")[-2:])
    assert SqliteDialect().column_type(FIELDS[column]) == sqlite
    assert PostgreSqlDialect().column_type(FIELDS[column]) == postgresql
