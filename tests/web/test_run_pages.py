from __future__ import annotations

from datetime import timedelta

import pytest

from pendant.app import App
from pendant.model.access import Actor
from pendant.model.connection import Connection
from pendant.model.run import Note, Progress, Run, RunState, Slice, SliceRecord, SliceState
from pendant.store import runs
from pendant.web.run_view import run_view
from server.rig import Client
from web.browsing import HTMX, send


@pytest.fixture
def finished(app: App, prod: Connection) -> Run:
    now = app.clock.now()
    run = Run(
        "4b1c0d2e-0000-4000-8000-000000000001", "export", "visitors", prod.id, prod.name, "/data/visitors.parquet",
        {"since": None, "filter": "a < 'b'", "apps": ["-323232"], "limit": 5}, actor="Olga", state=RunState.FAILED,
        reason="Pendo answered 403.", error_code="credentials_refused", created_at=now, started_at=now,
        finished_at=now + timedelta(seconds=61), slices_total=2, slices_done=1, rows_read=1200, rows_written=1200,
        rows_expected=2400, bytes_read=3_000_000, requests=7, retries=2, duration_ms=61_000,
        notes=(Note("late", "Some events may still arrive.", 3),),
    )  # fmt: skip
    part = SliceRecord(Slice("a", 0, 1, "1 March"), SliceState.COMMITTED, 1200, 1200, 1200)
    with app.database.begin() as tx:
        runs.insert(tx, run)
        runs.put_slices(tx, run.id, [part])
    return run


def test_the_page_of_a_run_says_everything_that_is_kept(olga: Client, finished: Run) -> None:
    page = olga.get(f"/runs/{finished.id}").text
    for text in (
        "Export of visitors", "Pendo production", "/data/visitors.parquet", "Olga", "Failed", "Pendo answered 403.",
        "credentials_refused", "1,200", "2,400", "3.0 MB", "2 retried", "1 min 1 s", "1 March", "and 2 more like it",
        "a &lt; &#39;b&#39;", "-323232", "5 rows",
    ):  # fmt: skip
        assert text in page, text


def test_an_ended_run_is_not_asked_for_again(olga: Client, finished: Run) -> None:
    fragment = olga.get(f"/runs/{finished.id}", **HTMX).text
    assert 'data-state="ended"' in fragment
    assert "hx-trigger" not in fragment
    assert "<html" not in fragment


def test_the_list_shows_runs_and_an_empty_one_offers_an_export(olga: Client, finished: Run) -> None:
    assert f"/runs/{finished.id}" in olga.get("/runs").text


def test_no_runs_yet_offers_an_export(olga: Client) -> None:
    assert "Start an export" in olga.get("/runs").text


def test_a_run_that_does_not_exist_is_not_found(olga: Client) -> None:
    assert olga.get("/runs/nothing").status == 404


@pytest.mark.parametrize(
    ("rows_total", "slices_total", "shown"),
    [
        (1000, 4, (25, "250 of about 1,000 rows")),
        (200, 4, (99, "250 of about 200 rows")),
        (None, 4, (1, "1 of 4 slices")),
        (None, 1, (None, "250 rows so far")),
    ],
)
def test_the_bar_shows_what_is_known(
    app: App, finished: Run, rows_total: int | None, slices_total: int, shown: tuple[int | None, str]
) -> None:
    live = Progress(finished.id, RunState.RUNNING, 1, slices_total, 250, 250, rows_total, 10, 1, 0, 2.0)
    running = Run(finished.id, "export", "visitors", "c", "C", "t", {}, state=RunState.RUNNING)
    bar = run_view(running, [], live, app.clock.now()).bar
    assert bar
    assert (bar.value, bar.text) == shown


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"resource": "visitors", "target": "v.csv"}, "connection"),
        ({"connection": "Pendo production", "target": "v.csv"}, "resource"),
        ({"connection": "Pendo production", "resource": "visitors"}, "target"),
        ({"connection": "Pendo production", "resource": "visitors", "target": "v.csv", "since": "soon"}, "since"),
        ({"connection": "Pendo production", "resource": "visitors", "target": "v.csv", "limit": "-1"}, "limit"),
        ({"connection": "Gone", "resource": "visitors", "target": "v.csv"}, "connection"),
        ({"connection": "Pendo production", "resource": "visitors", "target": "../v.csv"}, "target"),
    ],
)
def test_a_wrong_export_stands_at_its_field(
    olga: Client, prod: Connection, owner: Actor, fields: dict[str, str], at: str
) -> None:
    answer = send(olga, "/exports", fields)
    assert answer.status in {404, 422}
    assert f'<div id="error-{at}"><p class="field-error">' in answer.text


def test_the_export_form_says_at_each_field_what_is_missing(olga: Client, prod: Connection) -> None:
    answer = send(olga, "/exports", {"connection": "", "resource": "", "target": " "})
    assert answer.status == 422
    for text in ("The connection is missing.", "The resource is missing.", "The target is missing."):
        assert text in answer.text
