"""Stored exports over the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pendosim import Pendo, running
from server.rig import Client

NOON = 1_763_640_000_000
"""2025-11-20 12:00 UTC."""


@pytest.fixture(scope="module")
def pendo() -> Iterator[Pendo]:
    with running(now=NOON, visitors=30, accounts=4, days=2, events_per_day=10, seed=7, timezone="UTC") as simulator:
        yield simulator


@pytest.fixture
def asked(pendo: Pendo, olga: Client) -> dict[str, Any]:
    sent = {"name": "Production", "application": "pendo", "api_type": "engage", "region": "custom"}
    made = olga.post("/api/v1/connections", sent | {"base_uri": pendo.api, "token": pendo.key, "test": False})
    assert made.status == 201
    return {"name": "Nightly", "resource": "visitors", "connection": "Production", "target": "v.parquet"}


def test_an_export_is_stored_changed_run_and_deleted(olga: Client, asked: dict[str, Any]) -> None:
    made = olga.post("/api/v1/exports", asked)
    assert made.status == 201
    export = made.json()["export"]
    assert (export["version"], export["mode"], export["delays"]["lookback_days"]) == (1, "full", 3)
    assert [each["name"] for each in olga.get("/api/v1/exports?search=night").json()["exports"]] == ["Nightly"]

    saved = olga.send("PUT", "/api/v1/exports/Nightly", asked | {"version": 1, "limit": 7})
    assert saved.json()["export"]["limit"] == 7

    started = olga.post(f"/api/v1/exports/{export['id']}/runs")
    assert (started.status, started.json()["export_name"]) == (202, "Nightly")
    olga.get(f"{started.headers['Location']}/events")
    detail = olga.get("/api/v1/exports/Nightly").json()
    assert [(run["state"], run["rows_written"]) for run in detail["runs"]] == [("finished", 7)]

    assert olga.send("DELETE", "/api/v1/exports/Nightly").status == 204
    assert olga.get("/api/v1/exports/Nightly").status == 404


def test_plan_and_previews_are_answered(olga: Client, asked: dict[str, Any]) -> None:
    olga.post("/api/v1/exports", asked | {"select": "visitorId"})
    plan = olga.get("/api/v1/exports/Nightly/plan").json()
    assert (plan["rows"], plan["load"]) == (30, "replace")
    stored = olga.get("/api/v1/exports/Nightly/preview?rows=2").json()
    assert stored["columns"] == [{"name": "visitorId", "type": "string"}]
    draft = {"resource": "visitors", "connection": "Production", "select": "visitorId", "rows": 2}
    assert olga.post("/api/v1/exports/preview", draft).json() == stored


def test_a_wrong_column_is_said_at_its_field(olga: Client, asked: dict[str, Any]) -> None:
    draft = {"resource": "visitors", "connection": "Production", "select": "visitorIdd"}
    answer = olga.post("/api/v1/exports/preview", draft)
    assert (answer.status, answer.json()["error"]["field"]) == (422, "select")


def test_d23_a_stored_target_stays_below_the_folder_for_exports(olga: Client, asked: dict[str, Any]) -> None:
    answer = olga.post("/api/v1/exports", asked | {"target": "../v.parquet"})
    assert (answer.status, answer.code) == (422, "target_outside")


def test_e16_who_only_looks_reads_exports_and_stores_none(olga: Client, vera: Client, asked: dict[str, Any]) -> None:
    olga.post("/api/v1/exports", asked)
    assert vera.get("/api/v1/exports/Nightly").status == 200
    assert vera.post("/api/v1/exports", asked | {"name": "Other"}).status == 403
    assert vera.post("/api/v1/exports/Nightly/runs").status == 403
