from __future__ import annotations

from collections.abc import Iterator

import pytest

from pendant.app import App
from pendant.model.access import Actor
from pendant.model.connection import Connection, Draft
from pendant.services import connections, exports
from pendosim import Pendo, running
from server.rig import Client
from web.browsing import HTMX, send

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
    assert saved.headers["Location"] == f"/exports/{stored.id}?done=saved"
    assert "Export saved" in olga.get(saved.headers["Location"]).text
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
    question = olga.get(f"/exports/{stored.id}/delete").text
    assert "Delete Nightly &lt;b&gt;?" in question
    assert "cannot be undone" in question
    assert "Last runs" in question
    assert send(olga, f"/exports/{stored.id}/delete").status == 303
    assert exports.find(app, owner) == []


def test_a_preview_shows_rows_and_keeps_what_was_typed(olga: Client, local: Connection) -> None:
    asked = fields(name="", target="", select="visitorId, numEvents AS many")
    shown = send(olga, "/exports/preview", asked)
    assert shown.status == 200
    assert "Nothing was written" in shown.text
    assert ">many</th>" in shown.text
    assert "numEvents AS many" in shown.text
    part = send(olga, "/exports/preview", asked, **HTMX)
    assert part.status == 200
    assert part.text.lstrip().startswith('<section class="card" id="preview"')


def test_a_preview_in_the_form_says_what_is_wrong_and_leaves_the_form_alone(olga: Client, local: Connection) -> None:
    missing = send(olga, "/exports/preview", fields(resource=""), **HTMX)
    assert missing.status == 422
    assert "The resource is missing" in missing.text
    wrong = send(olga, "/exports/preview", fields(filter="nowhere = 1"), **HTMX)
    assert wrong.status == 422
    assert "There is no column &#34;nowhere&#34;" in wrong.text
    assert "<form" not in wrong.text + missing.text


@pytest.mark.parametrize(
    ("resource", "there"),
    [
        ("", {"pipeline", "ids", "since", "apps"}),
        ("visitors", set()),
        ("pageEvents", {"since", "apps"}),
        ("aggregation", {"pipeline", "since"}),
        ("npsAnswers", {"ids", "apps"}),
    ],
)
def test_a_resource_has_the_fields_that_it_takes(
    olga: Client, local: Connection, resource: str, there: set[str]
) -> None:
    drawn = send(olga, "/exports/fields", {"resource": resource}, **HTMX).text
    assert {name for name in ("pipeline", "ids", "since", "apps") if f'name="{name}"' in drawn} == there
    plain = send(olga, "/exports/fields", {"resource": resource, "name": "Kept"}).text
    assert 'value="Kept"' in plain


def test_ids_and_a_pipeline_survive_an_edit(app: App, owner: Actor, olga: Client, local: Connection) -> None:
    pipeline = '[{"source": {"visitors": null}}, {"limit": 3}]'
    send(olga, "/exports", fields(resource="aggregation", mode="full", last="", target="a.parquet", pipeline=pipeline))
    (stored,) = exports.find(app, owner)
    assert stored.export.pipeline == pipeline
    form = olga.get(f"/exports/{stored.id}/edit").text
    assert "{&#34;visitors&#34;: null}}, {&#34;limit&#34;: 3}]</textarea>" in form
    again = fields(id=stored.id, version="1", resource="npsAnswers", mode="full", last="", target="n.parquet")
    assert send(olga, "/exports", again | {"ids": " a,1 \n\n b \n"}).status == 303
    assert exports.find(app, owner)[0].export.ids == ("a,1", "b")
    assert "a,1, b" in olga.get(f"/exports/{stored.id}").text


def test_beginning_anew_is_asked_for_first(app: App, owner: Actor, olga: Client, local: Connection) -> None:
    send(olga, "/exports", fields())
    (stored,) = exports.find(app, owner)
    question = olga.get(f"/exports/{stored.id}/reset-position").text
    assert "begin anew?" in question
    done = send(olga, f"/exports/{stored.id}/reset-position")
    assert "The next run begins anew" in olga.get(done.headers["Location"]).text


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
    of_this = olga.get(f"/runs?export={stored.id}").text
    assert started.headers["Location"] in of_this
    assert "Runs of" in of_this
    assert started.headers["Location"] in olga.get("/exports").text
