"""The time zone of a subscription: asked for once, and kept as long as it is the same subscription."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pendant.app import App
from pendant.engine.worker import Worker
from pendant.model.access import Actor
from pendant.model.connection import Draft
from pendant.model.export import Export
from pendant.model.run import RunState
from pendant.services import connections, export_plans, export_runs, exports
from pendosim import Pendo, running
from services.conftest import NOON

ZONE = "Asia/Kolkata"
ZONE_REQUESTS = 4
PIPELINE = json.dumps(
    [
        {
            "source": {"pageEvents": {"appId": 'expandAppIds("*")'}},
            "timeSeries": {"period": "dayRange", "first": ":since", "last": ":until"},
        },
        {"group": {"group": ["day"], "fields": [{"n": {"count": "visitorId"}}]}},
    ]
)


@pytest.fixture(scope="module")
def indian() -> Iterator[Pendo]:
    with running(now=NOON, visitors=10, accounts=2, days=3, events_per_day=5, seed=7, timezone=ZONE) as simulator:
        yield simulator


@pytest.fixture
def india(app: App, olga: Actor, indian: Pendo) -> Draft:
    draft = Draft("India", "pendo", "engage", region="custom", base_uri=indian.api)
    connections.create(app, olga, draft, indian.key, test=False)
    return draft


def known(app: App, actor: Actor, name: str = "India") -> str:
    return connections.get(app, actor, name).time_zone


def test_a_plan_finds_it_and_a_second_one_does_not_ask_again(
    app: App, otto: Actor, india: Draft, indian: Pendo, tmp_path: Path
) -> None:
    asked = Export("pageEvents", "India", str(tmp_path / "e.duckdb"), since=datetime(2025, 11, 18, tzinfo=UTC))
    exports.create(app, otto, "Nightly", asked)
    assert known(app, otto) == ""
    indian.forget_requests()
    first = export_plans.plan(app, otto, "Nightly")
    assert first.time_zone == known(app, otto) == ZONE
    sent = len(indian.requests)
    assert export_plans.plan(app, otto, "Nightly").time_zone == ZONE
    again = len(indian.requests) - sent
    assert sent - again == ZONE_REQUESTS


def test_a_test_of_a_connection_finds_it(app: App, otto: Actor, india: Draft) -> None:
    for _ in connections.test_saved(app, otto, "India"):
        pass
    assert known(app, otto) == ZONE


def test_a_run_of_a_pipeline_goes_by_the_one_that_is_kept(app: App, otto: Actor, india: Draft, tmp_path: Path) -> None:
    asked = Export(
        "aggregation", "India", str(tmp_path / "p.parquet"), since=datetime(2025, 11, 17, tzinfo=UTC), pipeline=PIPELINE
    )
    run = export_runs.start(app, otto, asked)
    assert known(app, otto) == ZONE
    worker = Worker(app)
    try:
        ended = worker.run_now(run.id, lambda _: None)
    finally:
        worker.close()
    assert (ended.state, ended.reason) == (RunState.FINISHED, "")


@pytest.mark.parametrize("other", ["address", "token"])
def test_another_subscription_has_a_zone_of_its_own(
    app: App, olga: Actor, *, india: Draft, indian: Pendo, pendo: Pendo, token: str, other: str
) -> None:
    for _ in connections.test_saved(app, olga, "India"):
        pass
    renamed = replace(india, name="Still India")
    connections.replace(app, olga, "India", renamed, indian.key, version=1, test=False)
    assert known(app, olga, "Still India") == ZONE
    moved = replace(renamed, base_uri=pendo.api) if other == "address" else renamed
    entered = indian.key if other == "address" else token
    connections.replace(app, olga, "Still India", moved, entered, version=2, test=False)
    assert known(app, olga, "Still India") == ""
