from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.spoken import Cli
from pendosim import Pendo, running


@pytest.fixture
def today() -> Iterator[Pendo]:
    """A subscription with activity up to now, as the demo wants it."""
    with running(visitors=80, accounts=9, days=32, events_per_day=20, seed=3, timezone="UTC") as simulator:
        yield simulator


def ready_line(folder: Path, api: Pendo, truth: Pendo) -> str:
    file = folder / "ready.json"
    file.write_text(json.dumps({"api": api.api, "control": truth.control, "key": api.key}) + "\n")
    return str(file)


def test_the_demo_shows_the_whole_path_and_every_count_is_right(cli: Cli, home: Path, today: Pendo) -> None:
    said = cli("demo", "--simulator-json", ready_line(home, today, today), "--folder", str(home / "demo"))
    assert said.code == 0, said.err
    assert "✓ Token accepted" in said.out
    assert "Top pages of the last 30 days" in said.out
    assert "Every row count is what the simulator holds." in said.out
    assert "pendant serve" in said.out
    assert today.key not in said.out + said.err
    assert {file.name for file in (home / "demo").iterdir()} == {
        *("pendo.duckdb", "visitors.parquet", "accounts.parquet", "pages.parquet", "pageEvents.parquet")
    }


def test_the_demo_can_be_shown_again(cli: Cli, home: Path, today: Pendo) -> None:
    words = ("demo", "--simulator-json", ready_line(home, today, today), "--folder", str(home / "demo"))
    assert [cli(*words).code, cli(*words).code] == [0, 0]


def test_a_count_that_differs_from_the_truth_fails_the_demo(cli: Cli, home: Path, today: Pendo, pendo: Pendo) -> None:
    said = cli("demo", "--simulator-json", ready_line(home, today, pendo), "--folder", str(home / "demo"))
    assert said.code == 1
    assert "Wrong count: " in said.err
    assert "80 rows, the simulator holds 120" in said.err


def test_without_a_simulator_the_demo_says_so(cli: Cli, home: Path) -> None:
    (home / "ready.json").write_text("not ready\n")
    said = cli("demo", "--simulator-json", str(home / "ready.json"))
    assert said.code == 1
    assert "[simulator_not_ready]" in said.err
