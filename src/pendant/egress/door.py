"""Egress: made once per installation, closed with it."""

from __future__ import annotations

import secrets
import ssl
import threading
from collections.abc import Callable, Iterator
from functools import cache

import aiohttp

from pendant.egress.channel import Desk, HttpChannel
from pendant.egress.line import Ground, Lines, ResolverFactory, tls_context
from pendant.egress.loop import LoopThread
from pendant.egress.probe import stages
from pendant.egress.reach import Network
from pendant.model.clock import Clock
from pendant.model.connection import Connection, HttpSettings, TestStage
from pendant.model.http import Channel, Meter
from pendant.model.scrub import GRACE_SECONDS, Scrubber
from pendant.model.secret import Secret
from pendant.model.vault import SecretOpener


class Egress:
    """Hands out channels. `scrubber` is the one the log uses; the other keyword arguments are there for tests."""

    def __init__(
        self,
        *,
        allow_networks: tuple[Network, ...],
        opener: SecretOpener,
        clock: Clock,
        scrubber: Scrubber | None = None,
        resolver: ResolverFactory = aiohttp.ThreadedResolver,
        tls: ssl.SSLContext | None = None,
        pause: Callable[[float], None] | None = None,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self._closing = threading.Event()
        self._scrubber = scrubber or Scrubber(clock)
        self._ground = Ground(
            loop=LoopThread(chore=self._scrubber.forget, every_seconds=GRACE_SECONDS),
            clock=clock,
            allow_networks=allow_networks,
            resolver=resolver,
            tls=cache(lambda: tls or tls_context()),
            pause=pause or self._pause,
        )
        self._lines = Lines(self._ground)
        self._desk = Desk(self._ground, self._lines, opener, self._scrubber, jitter or _jitter)

    def channel(self, connection: Connection, *, token: Secret | None = None, meter: Meter | None = None) -> Channel:
        """Return the way to the origin of `connection`; with `token` for a draft, else with its stored one."""
        return HttpChannel(self._desk, connection, token=token, meter=meter)

    def probe(self, http: HttpSettings) -> Iterator[TestStage]:
        """Yield the stages address, name and tls of a staged report, each as it is known. No token is involved."""
        return stages(self._ground, http)

    def close(self) -> None:
        """End every exchange and every wait; whoever is in one gets an error."""
        self._closing.set()
        self._ground.loop.close(self._lines.close)
        self._scrubber.forget_idle()

    def _pause(self, seconds: float) -> None:
        """Wait without holding up `close`; after it, the next exchange is refused."""
        self._closing.wait(seconds)


def _jitter() -> float:
    return secrets.randbelow(1_000_000) / 1_000_000
