"""An installation with a connection to a simulator, and exports that wait to be run."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from engine.fakes import Queue
from pendant.app import App, open_app
from pendant.engine.worker import Worker
from pendant.model.access import local_actor
from pendant.model.clock import SystemClock
from pendant.model.connection import Draft
from pendant.model.export import Export
from pendant.model.run import Run
from pendant.services import connections, export_runs
from pendant.settings import Settings
from pendosim import Pendo, running

NOON = 1_763_640_000_000
"""2025-11-20 12:00 UTC."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    data = tmp_path / "data"
    return Settings(
        data_dir=data,
        key_dir=tmp_path / "keys",
        database_url=f"sqlite:///{data / 'pendant.db'}",
        allow_networks=(ip_network("127.0.0.0/8"),),
    )


@pytest.fixture
def pendo() -> Iterator[Pendo]:
    with running(now=NOON, visitors=300, accounts=8, days=3, events_per_day=30, seed=7, timezone="UTC") as simulator:
        yield simulator


@pytest.fixture
def app(settings: Settings, pendo: Pendo) -> Iterator[App]:
    with open_app(settings, SystemClock()) as opened:
        draft = Draft("Production", "pendo", "engage", region="custom", base_uri=pendo.api)
        connections.create(opened, local_actor(), draft, pendo.key, test=False)
        yield opened


@pytest.fixture
def queue(app: App) -> Queue:
    """Record an export as a queued run: `queue("visitors", target, limit=5)`."""

    def record(resource: str, target: Path, **asked: Any) -> Run:
        return export_runs.start(app, local_actor(), Export(resource, "Production", str(target), **asked))

    return record


@pytest.fixture
def worker(app: App) -> Iterator[Worker]:
    opened = Worker(app)
    yield opened
    opened.close()
