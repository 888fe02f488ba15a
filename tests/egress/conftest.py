from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from egress.wire import Handler, Reply, Server
from egress.world import START, FakeMeter, FakeVault, World
from pendant.model.clock import SettableClock
from pendant.model.scrub import Scrubber


@pytest.fixture
def world() -> Iterator[World]:
    clock = SettableClock(START)
    made = World(clock, FakeVault(), Scrubber(clock), [], FakeMeter(), [])
    yield made
    made.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(handler: Handler | Reply | list[Reply], **options: Any) -> Server:
        servers.append(Server(_handler(handler), **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def _handler(given: Handler | Reply | list[Reply]) -> Handler:
    """A function; one reply for ever; or a list of them, of which the last stays."""
    if isinstance(given, Reply):
        return lambda _: given
    if isinstance(given, list):
        return lambda _: given.pop(0) if len(given) > 1 else given[0]
    return given
