from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from cli.spoken import Cli, Create
from pendosim import Fault, Pendo


@pytest.fixture(autouse=True)
def _production(create: Create) -> None:
    create("Production")


def test_visitors_become_a_parquet_file_with_every_row(cli: Cli, home: Path, pendo: Pendo) -> None:
    target = home / "visitors.parquet"
    said = cli("export", "visitors", "--connection", "production", "--to", str(target))
    assert said.code == 0
    assert "Exported 120 rows of visitors" in said.out
    assert sorted(pq.read_table(target)["visitorId"].to_pylist()) == list(pendo.expected("visitors").ids or ())


def test_the_same_command_again_writes_the_same_file(cli: Cli, home: Path) -> None:
    target = home / "visitors.jsonl"
    command = ("export", "visitors", "--connection", "Production", "--to", str(target))
    assert cli(*command).code == 0
    first = target.read_bytes()
    assert cli(*command).code == 0
    assert target.read_bytes() == first


def test_events_of_some_days_go_into_a_table(cli: Cli, home: Path, pendo: Pendo) -> None:
    day = 86_400_000
    since = 1_763_640_000_000 // day * day - 3 * day
    said = cli(
        *("export", "pageEvents", "--connection", "Production", "--to", str(home / "pendo.duckdb")),
        *("--since", "2025-11-17", "--until", "2025-11-20", "--json"),
    )
    assert said.code == 0
    wanted = pendo.expected("pageEvents", since=since, until=since + 3 * day)
    assert said.json["rows_written"] == wanted.rows
    with duckdb.connect(str(home / "pendo.duckdb"), read_only=True) as database:
        counted = database.execute("SELECT count(*), sum(numEvents) FROM pageEvents").fetchall()
    assert counted == [(wanted.rows, wanted.num_events)]


def test_columns_rows_and_number_of_rows_can_be_chosen(cli: Cli, home: Path) -> None:
    target = home / "some.csv"
    said = cli(
        *("export", "visitors", "--connection", "Production", "--to", str(target)),
        *("--select", "visitorId AS id", "--filter", "visitorId IS NOT NULL", "--limit", "7"),
    )
    assert said.code == 0
    lines = target.read_text().splitlines()
    assert lines[0].strip('"') == "id"
    assert len(lines) == 8


def test_the_json_of_a_run_has_what_the_docs_say(cli: Cli, home: Path) -> None:
    said = cli("export", "pages", "--connection", "Production", "--to", str(home / "p.parquet"), "--json")
    assert set(said.json) == {
        *("id", "kind", "resource", "connection", "target", "definition", "actor", "state", "reason", "error_code"),
        *("created_at", "started_at", "finished_at", "slices_total", "slices_done", "rows_read", "rows_written"),
        *("rows_expected", "bytes_read", "bytes_written", "requests", "retries", "duration_ms", "notes"),
        *("export", "windows", "rows_restated"),
    }
    assert said.json["state"] == "finished"
    listed = cli("runs", "list", "--json").json
    assert listed == [said.json]
    shown = cli("runs", "show", said.json["id"][:8], "--json").json
    assert {name: value for name, value in shown.items() if name != "slices"} == said.json
    assert sum(part["rows_written"] for part in shown["slices"]) == said.json["rows_written"]
    assert "pages of Production" in cli("runs", "show", said.json["id"]).out
    assert said.json["id"][:8] in cli("runs", "list").out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["visitor"], "unknown_resource", "visitors"),
        (["visitors", "--select", "visitorIdd"], "unknown_column", "visitorIdd"),
        (["visitors", "--filter", "no_such_column = 1"], "unknown_column", "no_such_column"),
        (["visitors", "--select", "visitorId,, 1"], "sql_invalid", ""),
        (["visitors", "--filter", "read_csv('/etc/passwd')"], "sql_", ""),
        (["visitors", "--since", "yesterday"], "time_invalid", "2026-11-01"),
        (["pageEvents", "--since", "2025-11-02", "--until", "2025-11-01"], "times_invalid", ""),
        (["visitors", "--limit", "-1"], "limit_invalid", ""),
        (["pageEvents", "--apps", "one,two"], "apps_invalid", ""),
    ],
)
def test_what_cannot_be_exported_so_is_wrong_input_and_leaves_no_run(
    cli: Cli, home: Path, words: list[str], code: str, said: str
) -> None:
    answer = cli("export", *words, "--connection", "Production", "--to", str(home / "x.parquet"), "--json")
    assert answer.code == 2
    assert answer.json["error"]["code"].startswith(code)
    assert said in answer.out
    assert cli("runs", "list", "--json").json == []
    assert not list(home.glob("*.parquet"))


def test_a_target_of_another_program_is_not_written_over_unless_asked(cli: Cli, home: Path) -> None:
    target = home / "mine.csv"
    target.write_text("precious")
    command = ("export", "pages", "--connection", "Production", "--to", str(target))
    said = cli(*command)
    assert said.code == 1
    assert "[target_exists]" in said.err
    assert target.read_text() == "precious"
    assert cli(*command, "--replace").code == 0
    assert target.read_text() != "precious"


def test_an_ending_that_names_no_format_is_wrong_input(cli: Cli, home: Path) -> None:
    said = cli("export", "pages", "--connection", "Production", "--to", str(home / "pages.xlsx"))
    assert said.code == 2
    assert ".parquet" in said.err


def test_a_missing_folder_is_said(cli: Cli, home: Path) -> None:
    said = cli("export", "pages", "--connection", "Production", "--to", str(home / "none" / "p.csv"))
    assert said.code == 2
    assert "[folder_missing]" in said.err


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unwritable for root")
def test_an_unwritable_folder_is_said(cli: Cli, home: Path) -> None:
    folder = home / "closed"
    folder.mkdir(mode=0o500)
    said = cli("export", "pages", "--connection", "Production", "--to", str(folder / "p.csv"))
    assert said.code in (1, 2)
    assert str(folder) in said.err


def test_a_folder_where_nobody_can_write_is_said(cli: Cli) -> None:
    said = cli("export", "pages", "--connection", "Production", "--to", "/proc/self/p.csv")
    assert said.code in (1, 2)
    assert "/proc/self" in said.err
    assert "Traceback" not in said.err


def test_an_unknown_connection_is_said_with_the_near_name(cli: Cli, home: Path) -> None:
    said = cli("export", "pages", "--connection", "Prod", "--to", str(home / "p.csv"))
    assert said.code == 1
    assert "[connection_unknown]" in said.err


def test_a_track_connection_cannot_be_exported_from(cli: Cli, home: Path, pendo: Pendo) -> None:
    created = cli(
        *("connections", "create", "--name", "Sender", "--api", "track", "--region", "custom"),
        *("--base-uri", pendo.data, "--token-stdin", "--no-test"),
        stdin=pendo.track_secret,
    )
    assert created.code == 0, created.err
    said = cli("export", "pages", "--connection", "Sender", "--to", str(home / "p.csv"), "--json")
    assert (said.code, said.json["error"]["code"]) == (2, "connection_cannot_read")


def test_a_body_that_ends_in_the_middle_is_a_failed_run_and_no_file(cli: Cli, home: Path, pendo: Pendo) -> None:
    pendo.faults.arm(Fault("truncate", path="/api/v1/page", after_bytes=300, times=None))
    target = home / "pages.jsonl"
    try:
        said = cli("export", "pages", "--connection", "Production", "--to", str(target), "--json")
    finally:
        pendo.faults.clear()
    assert said.code == 1
    assert said.json["error"]["code"] == said.json["error_code"]
    assert said.json["state"] == "failed"
    assert [file for file in home.iterdir() if "pages" in file.name] == []
    assert cli("runs", "list", "--state", "failed", "--json").json[0]["id"] == said.json["id"]


def test_a_preview_shows_rows_and_needs_no_target(cli: Cli, home: Path) -> None:
    command = ("export", "visitors", "--connection", "Production", "--select", "visitorId AS id", "--preview", "3")
    shown = cli(*command, "--json")
    assert (shown.code, len(shown.json["rows"])) == (0, 3)
    assert shown.json["columns"] == [{"name": "id", "type": "string"}]
    assert "Record 3" in cli(*command).out
    assert cli("runs", "list", "--json").json == []


def test_without_a_target_there_is_no_export(cli: Cli) -> None:
    said = cli("export", "visitors", "--connection", "Production", "--json")
    assert (said.code, said.json["error"]["code"]) == (2, "target_required")
