"""The pages behind a real server, with the cast of the server's own tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pendant.app import App
from pendant.engine.worker import Worker
from pendant.model.access import Actor, Role
from pendant.model.connection import Connection, Draft
from pendant.server.asgi import asgi
from pendant.services import connections
from pendant.web.site import site
from server.fixtures import app, clock, owner, sessions, settings, worker
from server.rig import Client, serving
from web.browsing import a_token

__all__ = ["app", "clock", "owner", "sessions", "settings", "worker"]


@pytest.fixture
def port(app: App, worker: Worker) -> Iterator[int]:
    with serving(asgi(app, worker, site(app, worker))) as number:
        yield number


@pytest.fixture
def stranger(port: int) -> Client:
    return Client(port, Sec_Fetch_Site="same-origin")


@pytest.fixture
def olga(port: int, sessions: dict[Role, str]) -> Client:
    return Client(port, session=sessions[Role.OWNER])


@pytest.fixture
def vera(port: int, sessions: dict[Role, str]) -> Client:
    return Client(port, session=sessions[Role.VIEWER])


@pytest.fixture
def prod(app: App, owner: Actor) -> Connection:
    draft = Draft("Pendo production", "pendo", "engage", region="eu")
    return connections.create(app, owner, draft, a_token(), test=False).connection
