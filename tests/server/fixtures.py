"""One installation behind a real server, and the fixed cast: Olga owns, Otto operates, Vera looks on."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI, Request

from pendant.access.gate import PUBLIC
from pendant.access.passwords import Passwords
from pendant.app import App, open_app
from pendant.engine.worker import Worker
from pendant.model.access import Actor, Permission, Role
from pendant.model.account import User
from pendant.model.clock import SettableClock
from pendant.server.answers import answers, plain_page
from pendant.server.asgi import BareSite, asgi, routes
from pendant.services import accounts, tokens
from pendant.settings import Settings
from pendant.store import accounts as stored
from server.rig import Client, serving

PASSWORD = "tulip harbour seven kites"
ALLOWED_HOST = "pendant.example.net"


@dataclass(frozen=True)
class Standing:
    """A server that stands for the whole test session, for tests that leave nothing behind."""

    port: int
    sessions: dict[Role, str]


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with opened(settings_in(tmp_path_factory.mktemp("standing")), clock_at_noon()) as app:
        worker = Worker(app)
        with serving(asgi(app, worker, BareSite(router=probes()))) as port:
            yield Standing(port, sessions_in(app))
        worker.close()


@pytest.fixture
def clock() -> SettableClock:
    return clock_at_noon()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


@pytest.fixture
def app(settings: Settings, clock: SettableClock) -> Iterator[App]:
    with opened(settings, clock) as app:
        yield app


@pytest.fixture
def worker(app: App) -> Iterator[Worker]:
    working = Worker(app)
    yield working
    working.close()


@pytest.fixture
def port(app: App, worker: Worker) -> Iterator[int]:
    with serving(asgi(app, worker, BareSite(router=probes()))) as number:
        yield number


@pytest.fixture
def table(app: App, worker: Worker) -> FastAPI:
    return routes(app, worker, BareSite(), answers(plain_page))


@pytest.fixture
def stranger(port: int) -> Client:
    return Client(port)


@pytest.fixture
def sessions(app: App) -> dict[Role, str]:
    """One session for each role."""
    return sessions_in(app)


@pytest.fixture
def owner(app: App, sessions: dict[Role, str]) -> Actor:
    actor = accounts.actor_of_session(app, sessions[Role.OWNER])
    assert actor
    return actor


@pytest.fixture
def olga(port: int, sessions: dict[Role, str]) -> Client:
    return Client(port, session=sessions[Role.OWNER])


@pytest.fixture
def vera(port: int, sessions: dict[Role, str]) -> Client:
    return Client(port, session=sessions[Role.VIEWER])


@pytest.fixture
def program(app: App, port: int, owner: Actor) -> Callable[..., Client]:
    """Return a maker of clients that hold an API token with the given permissions."""

    def make(*permissions: Permission) -> Client:
        _, text = tokens.create(app, owner, "test", permissions or tuple(Permission))
        return Client(port, bearer=text)

    return make


def clock_at_noon() -> SettableClock:
    return SettableClock(datetime(2025, 11, 20, 12, tzinfo=UTC))


def settings_in(folder: Path) -> Settings:
    return Settings(
        data_dir=folder / "data",
        key_dir=folder / "keys",
        database_url=f"sqlite:///{folder / 'data' / 'pendant.db'}",
        allow_networks=(ip_network("127.0.0.0/8"),),
        allowed_hosts=(ALLOWED_HOST,),
    )


@contextmanager
def opened(settings: Settings, clock: SettableClock) -> Iterator[App]:
    """Open an installation whose passwords cost next to nothing."""
    with open_app(settings, clock) as app:
        yield replace(app, passwords=Passwords(memory_kib=64, passes=1))


def sessions_in(app: App) -> dict[Role, str]:
    hashed = app.passwords.hash(PASSWORD)
    cast = {Role.OWNER: "Olga", Role.OPERATOR: "Otto", Role.VIEWER: "Vera"}
    with app.database.begin() as tx:
        for role, name in cast.items():
            stored.insert_user(tx, User(str(uuid.uuid4()), name, role, hashed, app.clock.now()))
    return {role: accounts.sign_in(app, name, PASSWORD, "192.0.2.1") for role, name in cast.items()}


def probes() -> APIRouter:
    """Return pages that a test needs and no product has."""
    router = APIRouter()

    @router.get("/probe/fault", dependencies=[PUBLIC])
    def fault() -> None:
        raise RuntimeError("the detail that only the log may show")

    @router.api_route("/probe/change", methods=["POST", "PUT", "PATCH", "DELETE"], dependencies=[PUBLIC])
    async def change(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @router.get("/static/probe.css", dependencies=[PUBLIC])
    def style() -> str:
        return ""

    return router
