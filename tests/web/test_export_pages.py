from __future__ import annotations

from collections.abc import Iterator

import pytest

from pendant.app import App
from pendant.model.access import Actor
from pendant.model.connection import Connection, Draft
from pendant.services import connections, exports
from pendosim import Pendo, running
from server.rig import Client
from web.browsing import send

NOON = 1_763_640_000_000


@pytest.fixture(scope="module")
def pendo() -> Iterator[Pendo]:
    with running(now=NOON, visitors=20, accounts=4, days=2, events_per_day=10, seed=7, timezone="UTC") as simulator:
        yield simulator


@pytest.fixture
def local(app: App, owner: Actor, pendo: Pendo) -> Connection:
    draft = Draft("Local", "pendo", "engage", region="custom", base_uri=pendo.api)
    return connections.create(app, owner, draft, pendo.key, test=False).connection


def fields(**changes: str) -> dict[str, str]:
    return {
        "name": "Nightly <b>", "connection": "Local", "resource": "pageEvents", "target": "e.duckdb", "last": "2d",
        "mode": "incremental", "load": "", "horizon_hours": "8", "lookback_days": "3", "final_days": "9",
        "then": "save",
    } | changes  # fmt: skip


def test_an_export_is_saved_shown_edited_and_deleted(
    app: App, owner: Actor, olga: Client, vera: Client, local: Connection
) -> None:
    assert "No exports yet" in olga.get("/exports").text
    saved = send(olga, "/exports", fields())
    assert saved.status == 303, saved.text
    (stored,) = exports.find(app, owner)
    assert saved.headers["Location"] == f"/exports/{stored.id}"
    assert "Nightly &lt;b&gt;" in olga.get("/exports").text
    page = olga.get(f"/exports/{stored.id}").text
    for text in ("pageEvents", "Local", "2d before each run", "8 hours", "It has not run yet", "Run now"):
        assert text in page, text
    assert "Run now" not in vera.get(f"/exports/{stored.id}").text
    form = olga.get(f"/exports/{stored.id}/edit").text
    assert 'name="version" value="1"' in form
    again = fields(id=stored.id, version="1", filter="numEvents > 1")
    assert send(olga, "/exports", again).status == 303
    late = send(olga, "/exports", again)
    assert late.status == 409
    assert "was saved by" in late.text
    plan = olga.get(f"/exports/{stored.id}/plan").text
    assert "for the first time" in plan
    assert send(olga, f"/exports/{stored.id}/delete").status == 303
    assert exports.find(app, owner) == []


def test_a_preview_shows_rows_and_keeps_what_was_typed(olga: Client, local: Connection) -> None:
    shown = send(olga, "/exports", fields(then="preview", name="", target="", select="visitorId, numEvents AS many"))
    assert shown.status == 200
    assert "Nothing was written" in shown.text
    assert ">many</th>" in shown.text
    assert "numEvents AS many" in shown.text


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"name": " "}, "name"),
        ({"last": "soon"}, "last"),
        ({"lookback_days": "x"}, "lookback_days"),
        ({"mode": "x"}, "mode"),
    ],
)
def test_what_is_wrong_stands_at_its_field(olga: Client, local: Connection, change: dict[str, str], at: str) -> None:
    answer = send(olga, "/exports", fields(**change))
    assert answer.status == 422
    assert f'<div id="error-{at}"><p class="field-error">' in answer.text


def test_a_stored_export_is_run_from_its_page(app: App, owner: Actor, olga: Client, local: Connection) -> None:
    send(olga, "/exports", fields())
    (stored,) = exports.find(app, owner)
    started = send(olga, f"/exports/{stored.id}/run")
    assert started.headers["Location"].startswith("/runs/")
    assert f"/exports/{stored.id}" in olga.get(started.headers["Location"]).text
