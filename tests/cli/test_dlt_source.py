"""Pendo as a source of dlt: what dlt loads is what Pendo holds, also when it is run again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

import pendant
from cli.spoken import CREATE, Cli
from pendant.errors import WrongInput
from pendant.model.export import Delays
from pendosim import Pendo, running

DAY = timedelta(days=1)
dlt = pytest.importorskip("dlt", reason="comes with the extra dlt")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:dlt", "ignore:The 'warn' method:DeprecationWarning")


@pytest.fixture(scope="module")
def pendo_now() -> Iterator[Pendo]:
    """A subscription of these days: a source of dlt goes by the clock of the machine."""
    with running(visitors=60, accounts=6, days=12, events_per_day=40, seed=7, timezone="UTC") as simulator:
        yield simulator


@pytest.fixture
def loaded(cli: Cli, pendo_now: Pendo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the pipeline: `loaded("visitors", "pageEvents")` returns the rows of those tables."""
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    cli(*CREATE, "--name", "prod", "--base-uri", pendo_now.api, "--no-test", stdin=pendo_now.key)
    target = tmp_path / "warehouse.duckdb"

    def run(*resources: str) -> list[int]:
        source = pendant.dlt_source(resources, connection="prod", since=datetime.now(UTC) - timedelta(days=11))
        pipeline = dlt.pipeline("pendo", destination=dlt.destinations.duckdb(str(target)), dataset_name="pendo")
        pipeline.run(source, loader_file_format="parquet")
        with duckdb.connect(str(target), read_only=True) as database:
            tables = [pipeline.default_schema.naming.normalize_table_identifier(name) for name in resources]
            return [len(database.sql(f"SELECT * FROM pendo.{table}").fetchall()) for table in tables]

    return run


def test_dlt_loads_what_pendo_holds_and_the_same_when_run_again(loaded: Any, pendo_now: Pendo, cli: Cli) -> None:
    since = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=11)
    # Rows of page events count a day: the day in which the horizon lies belongs to what is read.
    edge = datetime.now(UTC) - timedelta(hours=8)
    until = edge.replace(hour=0, minute=0, second=0, microsecond=0) + (DAY if edge.hour else timedelta())
    bounds = {"since": round(since.timestamp() * 1000), "until": round(until.timestamp() * 1000)}
    wanted = [pendo_now.expected("visitors").rows, pendo_now.expected("pageEvents", **bounds).rows]
    assert loaded("visitors", "pageEvents") == wanted
    assert wanted[1] > 100
    assert loaded("visitors", "pageEvents") == wanted
    again = next(run for run in cli("runs", "list", "--json").json if run["resource"] == "pageEvents")
    # Three days before where the first run ended, and the final pass over what is nine days old: not all eleven days.
    assert again["rows_read"] < wanted[1]


def test_a_source_needs_to_look_back(cli: Cli, home: Path) -> None:
    from pendant.library.dlt_source import dlt_source  # noqa: PLC0415 - needs the extra

    with pytest.raises(WrongInput, match="lookback_days"):
        dlt_source(["pageEvents"], connection="prod", delays=Delays(lookback_days=0))
