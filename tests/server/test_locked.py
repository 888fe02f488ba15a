"""A vault whose root key is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pendant.app import App, open_app
from pendant.engine.worker import Worker
from pendant.model.access import local_actor
from pendant.model.clock import SettableClock
from pendant.model.connection import Draft
from pendant.server.asgi import BareSite, asgi
from pendant.services import connections
from pendant.settings import Settings
from server.fixtures import probes
from server.rig import Client, serving


@pytest.fixture
def locked(app: App, settings: Settings, clock: SettableClock, tmp_path: Path) -> Iterator[Client]:
    """The same data, opened with an empty key folder."""
    draft = Draft("Production", "pendo", "engage", region="eu")
    connections.create(app, local_actor(), draft, "k" * 32, test=False)
    app.close()
    with open_app(replace(settings, key_dir=tmp_path / "other-keys"), clock) as opened:
        worker = Worker(opened)
        with serving(asgi(opened, worker, BareSite(router=probes()))) as port:
            yield Client(port)
        worker.close()


def test_pages_and_the_api_answer_503_with_the_reason_and_health_goes_on(locked: Client) -> None:
    for path in ("/", "/probe/fault", "/api/v1/me", "/api/v1/connections"):
        answer = locked.get(path)
        assert answer.status == 503
        assert "root key" in answer.text
        assert "start again" in answer.text
    assert locked.get("/api/v1/me").code == "vault_locked"
    assert locked.get("/healthz").status == 200
    assert locked.get("/static/probe.css").status == 200


def test_an_open_vault_lets_requests_through(stranger: Client) -> None:
    assert stranger.get("/api/v1/me").status == 401
