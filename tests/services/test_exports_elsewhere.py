"""Exports whose target lies in another system, from the connection to the rows."""

from __future__ import annotations

import pytest

from pendant.app import App
from pendant.engine.worker import Worker
from pendant.errors import NotFound, WrongInput
from pendant.model.access import Actor
from pendant.model.connection import Access, Draft
from pendant.model.export import Export
from pendant.model.run import RunState
from pendant.services import connections, export_runs
from pendosim import Pendo
from postgresql_server import Server


@pytest.fixture(autouse=True)
def _production(app: App, olga: Actor, draft: Draft, pendo: Pendo) -> None:
    connections.create(app, olga, draft, pendo.key, test=False)


def test_visitors_reach_a_table_of_postgresql(
    app: App, olga: Actor, otto: Actor, pendo: Pendo, postgresql: Server
) -> None:
    warehouse = Draft("Warehouse", "postgresql", base_uri=postgresql.address)
    saved = connections.create(app, olga, warehouse, postgresql.password, test=True)
    assert saved.connection.access is Access.READ_WRITE
    run = export_runs.start(app, otto, Export("visitors", "production", "postgresql:warehouse#public.visitors"))
    worker = Worker(app)
    try:
        ended = worker.run_now(run.id, lambda _progress: None)
    finally:
        worker.close()
    assert (ended.state, ended.reason, ended.rows_written) == (RunState.FINISHED, "", 60)
    connection = connections.get(app, otto, "Warehouse")
    with app.egress.postgresql(connection) as opened, opened.cursor() as cursor:
        cursor.execute('SELECT count(DISTINCT "visitorId") FROM visitors')
        assert cursor.fetchall() == [(60,)]
    assert postgresql.password not in str(ended)


def test_a_target_whose_connection_is_missing_or_of_another_kind_fails_at_once(app: App, otto: Actor) -> None:
    with pytest.raises(NotFound) as missing:
        export_runs.start(app, otto, Export("visitors", "production", "postgresql:nowhere#visitors"))
    assert (missing.value.code, missing.value.field) == ("connection_unknown", "target")
    with pytest.raises(WrongInput) as other:
        export_runs.start(app, otto, Export("visitors", "production", "postgresql:production#visitors"))
    assert (other.value.code, other.value.field) == ("connection_cannot_load", "target")


def test_nothing_is_exported_from_a_database(app: App, olga: Actor, otto: Actor, postgresql: Server) -> None:
    connections.create(app, olga, Draft("W", "postgresql", base_uri=postgresql.address), "a" * 20, test=False)
    with pytest.raises(WrongInput) as refused:
        export_runs.start(app, otto, Export("visitors", "W", "out.csv"))
    assert refused.value.code == "connection_cannot_read"


def test_an_address_of_another_kind_is_refused(app: App, olga: Actor, postgresql: Server) -> None:
    for application, address in (("postgresql", "https://db.example.com"), ("http", postgresql.address)):
        with pytest.raises(WrongInput) as refused:
            connections.create(app, olga, Draft("X", application, base_uri=address), "a" * 20, test=False)
        assert refused.value.code == "base_uri_invalid"
