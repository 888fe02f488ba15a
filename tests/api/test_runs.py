"""Exports and their runs over the API."""

from __future__ import annotations

import concurrent.futures
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pendant.app import App
from pendant.engine.owner import RunLocks
from pendant.model.run import Run, RunState
from pendant.store import audit
from pendant.store import runs as stored
from pendosim import Pendo, running
from server.rig import Answer, Client

NOON = 1_763_640_000_000
"""2025-11-20 12:00 UTC."""


@pytest.fixture(scope="module")
def pendo() -> Iterator[Pendo]:
    with running(now=NOON, visitors=30, accounts=4, days=2, events_per_day=10, seed=7, timezone="UTC") as simulator:
        yield simulator


@pytest.fixture
def connection(pendo: Pendo, olga: Client) -> str:
    sent = {
        "name": "Production",
        "application": "pendo",
        "api_type": "engage",
        "region": "custom",
        "base_uri": pendo.api,
        "token": pendo.key,
    }
    assert olga.post("/api/v1/connections", sent).status == 201
    return "Production"


@pytest.fixture
def asked(connection: str) -> dict[str, Any]:
    return {"resource": "visitors", "connection": connection, "target": "visitors.parquet"}


def test_an_export_is_started_followed_and_shown(olga: Client, asked: dict[str, Any]) -> None:
    started = olga.post("/api/v1/runs", asked)
    assert started.status == 202
    assert started.headers["Location"] == f"/api/v1/runs/{started.json()['id']}"

    events = _events(olga.get(f"{started.headers['Location']}/events"))

    assert events[-1][0] == "ended"
    assert events[-1][1]["state"] == "finished"
    shown = olga.get(started.headers["Location"]).json()
    assert shown["run"]["rows_written"] == 30
    assert [part["state"] for part in shown["slices"]] == ["committed"]
    assert pq.read_table(Path(shown["run"]["target"])).num_rows == 30
    assert [run["id"] for run in olga.get("/api/v1/runs?connection=production").json()["runs"]] == [shown["run"]["id"]]


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"resource": "visitorz"}, 422, "resource"),
        ({"connection": "Nowhere"}, 404, "connection"),
        ({"select": "no_such_column"}, 422, "select"),
        ({"since": "2025-11-20T00:00:00"}, 422, "since"),
        ({"limit": -1}, 422, "limit"),
        ({"rows": 1}, 422, None),
    ],
)
def test_what_cannot_be_exported_is_said_before_anything_runs(
    olga: Client, asked: dict[str, Any], wrong: dict[str, Any], status: int, field: str | None
) -> None:
    answer = olga.post("/api/v1/runs", asked | wrong)
    assert (answer.status, answer.json()["error"]["field"]) == (status, field)
    assert olga.get("/api/v1/runs").json() == {"runs": []}


def test_d23_a_target_outside_the_folder_of_exports_is_refused(
    olga: Client, asked: dict[str, Any], tmp_path: Path
) -> None:
    for target in ("../outside.parquet", str(tmp_path / "outside.parquet"), "a/../../outside.parquet"):
        answer = olga.post("/api/v1/runs", asked | {"target": target})
        assert (answer.status, answer.json()["error"]["field"]) == (422, "target")
    assert not list(tmp_path.rglob("outside*"))


def test_a_run_is_followed_while_it_goes_on_and_ends_when_it_is_cancelled(
    pendo: Pendo, olga: Client, asked: dict[str, Any]
) -> None:
    pendo.faults.add("delay", source="visitors", seconds=3, times=None)
    try:
        run = olga.post("/api/v1/runs", asked).json()["id"]
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            following = pool.submit(olga.get, f"/api/v1/runs/{run}/events")
            cancelled = olga.post(f"/api/v1/runs/{run}/cancel")
            events = _events(following.result(timeout=20))
    finally:
        pendo.faults.clear()

    assert cancelled.status == 202
    assert events[-1][0] == "ended"
    assert events[-1][1]["state"] == "cancelled"
    assert olga.get(f"/api/v1/runs/{run}").json()["run"]["state"] == "cancelled"


def test_cancelling_a_run_that_has_ended_leaves_it(olga: Client, asked: dict[str, Any]) -> None:
    run = olga.post("/api/v1/runs", asked).json()["id"]
    olga.get(f"/api/v1/runs/{run}/events")
    answer = olga.post(f"/api/v1/runs/{run}/cancel")
    assert (answer.status, answer.json()["state"]) == (202, "finished")


def test_a_run_of_another_process_is_not_cancelled_here_but_one_that_was_left_behind_is(app: App, olga: Client) -> None:
    run = Run(str(uuid.uuid4()), "export", "visitors", "c", "C", "t", {}, state=RunState.RUNNING)
    with app.database.begin() as tx:
        stored.insert(tx, run)
    other_process = RunLocks(app.settings.data_dir)
    handle = other_process.take(run.id)
    assert handle
    answer = olga.post(f"/api/v1/runs/{run.id}/cancel")
    assert (answer.status, answer.code) == (409, "run_elsewhere")

    other_process.give_back(run.id, handle)
    answer = olga.post(f"/api/v1/runs/{run.id}/cancel")
    assert (answer.status, answer.json()["state"]) == (202, "cancelled")
    with app.database.read() as tx:
        assert "run.cancel" in {entry.action for entry in audit.recent(tx)}


def test_following_a_run_that_does_not_exist_is_answered_404(olga: Client) -> None:
    assert olga.get("/api/v1/runs/none/events").status == 404


def test_e16_who_only_looks_sees_runs_and_starts_none(vera: Client, olga: Client, asked: dict[str, Any]) -> None:
    assert vera.post("/api/v1/runs", asked).status == 403
    run = olga.post("/api/v1/runs", asked).json()["id"]
    assert _events(vera.get(f"/api/v1/runs/{run}/events"))[-1][0] == "ended"
    assert vera.post(f"/api/v1/runs/{run}/cancel").status == 403


def _events(answer: Answer) -> list[tuple[str, Any]]:
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    found = []
    for block in answer.text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found
