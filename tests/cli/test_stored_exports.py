from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from cli.spoken import Cli, Create
from pendosim import Pendo


@pytest.fixture(autouse=True)
def _production(create: Create) -> None:
    create("Production")


def nightly(cli: Cli, home: Path, *more: str) -> None:
    said = cli(
        *("exports", "create", "--name", "Nightly", "--resource", "pageEvents", "--connection", "production"),
        *("--to", str(home / "e.duckdb"), "--since", "2025-11-16", *more),
    )
    assert said.code == 0, said.err
    assert "Created the export Nightly" in said.out


def test_an_export_is_stored_shown_run_and_deleted(cli: Cli, home: Path, pendo: Pendo) -> None:
    nightly(cli, home)
    assert "Nightly" in cli("exports", "list").out
    ran = cli("exports", "run", "nightly", "--json").json
    assert (ran["state"], ran["export"]["name"]) == ("finished", "Nightly")
    since = 1_763_251_200_000
    assert ran["rows_written"] == pendo.expected("pageEvents", since=since).rows
    with duckdb.connect(str(home / "e.duckdb"), read_only=True) as database:
        assert database.execute("SELECT count(*) FROM pageEvents").fetchall() == [(ran["rows_written"],)]
    shown = cli("exports", "show", "Nightly", "--json").json
    assert [run["id"] for run in shown["runs"]] == [ran["id"]]
    assert shown["position"] is None
    assert "Stored as" in cli("runs", "show", ran["id"]).out
    refused = cli("connections", "delete", "Production")
    assert "the export Nightly" in refused.err
    assert cli("exports", "delete", "Nightly", "--json").json["deleted"]["name"] == "Nightly"
    assert cli("exports", "list", "--json").json == []


def test_what_is_not_given_at_an_edit_stays(cli: Cli, home: Path) -> None:
    nightly(cli, home, "--filter", "numEvents > 1")
    before = cli("exports", "show", "Nightly", "--json").json
    said = cli(
        "exports", "edit", "Nightly", "--since", "30d", "--mode", "incremental", "--lookback-days", "5", "--json"
    )
    assert said.code == 0, said.out
    after = said.json
    assert (after["version"], after["mode"], after["last"], after["since"]) == (2, "incremental", "30d", None)
    assert after["delays"] == {"horizon_hours": 8, "lookback_days": 5, "final_days": 9}
    assert after["filter"] == before["filter"] == "numEvents > 1"
    stale = cli("exports", "edit", "Nightly", "--name", "Other", "--if-version", "1", "--json")
    assert stale.json["error"]["code"] == "version_changed"


def test_a_plan_and_a_preview_are_shown_and_write_nothing(cli: Cli, home: Path) -> None:
    nightly(cli, home, "--select", "visitorId, day")
    planned = cli("exports", "plan", "Nightly", "--json").json
    assert planned["rows"] == sum(each["rows"] for each in planned["slices"])
    assert "Requests" in cli("exports", "plan", "Nightly").out
    shown = cli("exports", "preview", "Nightly", "--rows", "3", "--json").json
    assert [column["name"] for column in shown["columns"]] == ["visitorId", "day"]
    assert len(shown["rows"]) == 3
    assert "Record 1" in cli("exports", "preview", "Nightly").out
    assert not (home / "e.duckdb").exists()
    assert cli("runs", "list", "--json").json == []


def test_an_incremental_export_keeps_its_position_and_backfills(cli: Cli, home: Path) -> None:
    # This command line lives now, the simulator in 2025: from one to the other there is one long window without rows.
    nightly(cli, home, "--mode", "incremental")
    assert cli("exports", "run", "Nightly").code == 0
    position = cli("exports", "show", "Nightly", "--json").json["position"]
    assert position["began"] == "2025-11-16T00:00:00Z"
    filled = cli("exports", "backfill", "Nightly", "--since", "2025-11-17", "--until", "2025-11-18", "--json").json
    assert (filled["state"], filled["definition"]["load"]) == ("finished", "slices")
    assert cli("exports", "show", "Nightly", "--json").json["position"] == position
    assert cli("exports", "reset-position", "Nightly", "--json").json["position"] is None


def test_what_is_missing_is_said(cli: Cli, home: Path) -> None:
    said = cli("exports", "create", "--name", "Nightly", "--resource", "pages", "--json")
    assert (said.code, said.json["error"]["code"]) == (2, "option_missing")
    assert cli("exports", "show", "Nothing", "--json").json["error"]["code"] == "export_unknown"
