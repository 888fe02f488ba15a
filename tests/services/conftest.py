"""One installation on a settable clock, a simulator, and the fixed cast: Olga owns, Otto operates, Vera looks on."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest

from pendant.app import App, open_app
from pendant.model.access import PERMISSIONS_OF_ROLE, Actor, Role
from pendant.model.clock import SettableClock
from pendant.model.connection import Draft
from pendant.settings import Settings
from pendosim import Pendo, running

NOON = 1_763_640_000_000
"""2025-11-20 12:00 UTC."""


def _person(name: str, role: Role) -> Actor:
    return Actor(id=name.lower(), name=name, door="cli", permissions=PERMISSIONS_OF_ROLE[role])


@pytest.fixture
def olga() -> Actor:
    return _person("Olga", Role.OWNER)


@pytest.fixture
def otto() -> Actor:
    return _person("Otto", Role.OPERATOR)


@pytest.fixture
def vera() -> Actor:
    return _person("Vera", Role.VIEWER)


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
def clock() -> SettableClock:
    return SettableClock(datetime(2025, 11, 20, 12, tzinfo=UTC))


@pytest.fixture
def app(settings: Settings, clock: SettableClock) -> Iterator[App]:
    with open_app(settings, clock) as opened:
        yield opened


@pytest.fixture(scope="session")
def pendo() -> Iterator[Pendo]:
    with running(now=NOON, visitors=60, accounts=8, days=3, events_per_day=30, seed=7, timezone="UTC") as simulator:
        yield simulator


@pytest.fixture
def draft(pendo: Pendo) -> Draft:
    return Draft("Production", "pendo", "engage", region="custom", base_uri=pendo.api)


@pytest.fixture
def token() -> str:
    """Well-formed, and known to nobody."""
    return f"{uuid.uuid4()}.us"
