"""The cast of the journeys: a simulated Pendo, and an installation that is connected to it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import pendosim
from journeys.installation import Installation, Server, Standing, signed_in


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


@pytest.fixture(scope="session")
def subscription() -> Iterator[pendosim.Pendo]:
    """One for all tests. Its clock stands still, so that what it holds is the same at every look."""
    now = round(time.time() * 1000)
    with pendosim.running(now=now, visitors=300, accounts=20, days=12, events_per_day=60, apps=2, seed=7) as running:
        yield running


@pytest.fixture
def pendo(subscription: pendosim.Pendo) -> Iterator[pendosim.Running]:
    """The same for each test, as if nobody had used it yet."""
    subscription.forget_requests()
    yield subscription
    subscription.faults.clear()
    subscription.keys.named("key").revoked = False


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory, subscription: pendosim.Pendo) -> Installation:
    """An installation with an owner and the connection Production, from which others are copied."""
    fresh = Installation(tmp_path_factory.mktemp("model"))
    fresh.connect(subscription)
    with fresh.serving() as server:
        return replace(fresh, signed_in=signed_in(server))


@pytest.fixture
def connected(model: Installation, tmp_path: Path, pendo: pendosim.Pendo) -> Installation:
    return copied(model, tmp_path)


@pytest.fixture
def server(connected: Installation) -> Iterator[Server]:
    with connected.serving() as running:
        yield running


@pytest.fixture(scope="module")
def standing(
    model: Installation, subscription: pendosim.Pendo, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Standing]:
    """One server for a whole file of tests, for those that leave one another alone."""
    installation = copied(model, tmp_path_factory.mktemp("standing"))
    with installation.serving() as running:
        yield Standing(installation, running)


def copied(model: Installation, home: Path) -> Installation:
    """Copy data and keys, as somebody would who moves an installation."""
    for folder in ("data", "keys"):
        shutil.copytree(model.home / folder, home / folder)
    return replace(model, home=home)
