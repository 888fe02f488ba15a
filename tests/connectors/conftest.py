"""A Pendo that runs inside the test, and the real way to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from pendant.connectors.catalogue import Catalogue, load
from pendant.egress import Egress
from pendant.model.clock import SystemClock
from pendo_reading import LOOPBACK, NOW, Counts, Opener, Reading, connection_to
from pendosim.running import running


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load()


@pytest.fixture
def reading(catalogue: Catalogue) -> Iterator[Callable[..., Reading]]:
    """Start a subscription: `reading(visitors=20, days=3, …)`."""
    with ExitStack() as stack:

        def start(*, key: str | None = None, **options: Any) -> Reading:
            pendo = stack.enter_context(running(now=NOW, **options))
            egress = Egress(
                allow_networks=LOOPBACK, opener=Opener(key or pendo.key), clock=SystemClock(), pause=lambda _: None
            )
            stack.callback(egress.close)
            meter = Counts()
            connection = connection_to(catalogue, pendo.api)
            return Reading(pendo, catalogue, egress.channel(connection, meter=meter), meter)

        yield start
