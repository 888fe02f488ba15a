"""Exports whose target lies in another system, from the connection to the rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from pendant.app import App
from pendant.engine.worker import Worker
from pendant.errors import NotFound, WrongInput
from pendant.model.access import Actor
from pendant.model.connection import Access, Draft
from pendant.model.export import Export
from pendant.model.run import Run, RunState
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
    ended = finished(app, otto, "postgresql:warehouse#public.visitors")
    assert (ended.state, ended.reason, ended.rows_written) == (RunState.FINISHED, "", pendo.expected("visitors").rows)
    connection = connections.get(app, otto, "Warehouse")
    with app.egress.postgresql(connection) as opened, opened.cursor() as cursor:
        cursor.execute('SELECT count(DISTINCT "visitorId") FROM visitors')
        assert cursor.fetchall() == [(ended.rows_written,)]
    assert postgresql.password not in str(ended)


def test_visitors_reach_a_bucket_by_the_only_connection_there_is(
    app: App, olga: Actor, otto: Actor, object_storage: str, tmp_path: Path
) -> None:
    connections.create(app, olga, Draft("Store", "s3", base_uri=object_storage), "b" * 20, test=True)
    target = f"exports/{tmp_path.name}/visitors.parquet"
    ended = finished(app, otto, f"s3://{target}")
    assert (ended.state, ended.reason, ended.rows_written > 0) == (RunState.FINISHED, "", True)
    with app.egress.storage(connections.get(app, otto, "Store")) as storage:
        assert storage.size(target) == ended.bytes_written
        assert storage.below(target.rpartition("/")[0]) == [target]
    connections.create(app, olga, Draft("Store 2", "s3", base_uri=object_storage), "b" * 20, test=False)
    with pytest.raises(WrongInput) as refused:
        export_runs.start(app, otto, Export("visitors", "production", f"s3://{target}"))
    assert refused.value.code == "connection_ambiguous"
    assert finished(app, otto, f"s3://Store 2@{target}").state is RunState.FINISHED


def finished(app: App, actor: Actor, target: str) -> Run:
    run = export_runs.start(app, actor, Export("visitors", "production", target, replace=True))
    worker = Worker(app)
    try:
        return worker.run_now(run.id, lambda _progress: None)
    finally:
        worker.close()


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
