from __future__ import annotations

import importlib
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

import pendant
from cli.spoken import Create
from pendant.errors import WrongInput
from pendosim import Pendo


def test_a_program_reads_an_export_as_arrow_batches(create: Create, pendo: Pendo, home: Path) -> None:
    create("Production")
    with pendant.open() as installation:
        assert [connection.name for connection in installation.connections()] == ["Production"]
        table = installation.export("visitors", connection="production").read_all()
    assert sorted(table["visitorId"].to_pylist()) == list(pendo.expected("visitors").ids or ())
    assert not list((home / "data").glob("export-*"))


def test_columns_and_times_can_be_chosen(create: Create, pendo: Pendo) -> None:
    create("Production")
    since = datetime(2025, 11, 18, tzinfo=UTC)
    with pendant.open() as installation:
        reader = installation.export(
            "pageEvents", connection="Production", since=since, select="numEvents AS n", filter="numEvents > 0"
        )
        table = reader.read_all()
    assert table.column_names == ["n"]
    assert table.num_rows == pendo.expected("pageEvents", since=int(since.timestamp() * 1000)).rows


def test_an_unknown_column_is_an_error_before_anything_is_read(create: Create) -> None:
    create("Production")
    with pendant.open() as installation, pytest.raises(WrongInput):
        installation.export("visitors", connection="Production", select="nonsense_column")


def test_duckdb_reads_an_export_directly(create: Create, pendo: Pendo) -> None:
    create("Production")
    with pendant.open() as installation:
        reader = installation.export("visitors", connection="Production")
        rows = duckdb.sql("SELECT count(DISTINCT visitorId), count(*) FROM reader").fetchall()
    assert reader is not None
    assert rows == [(pendo.expected("visitors").rows,) * 2]


@pytest.mark.parametrize("library", ["polars", "pandas"])
def test_what_reads_arrow_reads_an_export(create: Create, pendo: Pendo, library: str) -> None:
    pytest.importorskip(library)
    create("Production")
    with pendant.open() as installation:
        reader = installation.export("accounts", connection="Production")
        frame = importlib.import_module("polars").from_arrow(reader) if library == "polars" else reader.read_pandas()
    assert len(frame) == pendo.expected("accounts").rows
