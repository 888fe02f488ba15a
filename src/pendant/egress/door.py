"""Egress: made once per installation, closed with it."""

from __future__ import annotations

import secrets
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from typing import Any
from weakref import WeakSet

import aiohttp

from pendant.egress.channel import Desk, HttpChannel
from pendant.egress.ending import Ending
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
        self._pause = pause
        self._ending = Ending(pause)
        self._branches: WeakSet[Branch] = WeakSet()
        self._branches_lock = threading.Lock()
        self._scrubber = scrubber or Scrubber(clock)
        self._ground = Ground(
            loop=LoopThread(chore=self._scrubber.forget, every_seconds=GRACE_SECONDS),
            clock=clock,
            allow_networks=allow_networks,
            resolver=resolver,
            tls=cache(lambda: tls or tls_context()),
        )
        self._lines = Lines(self._ground)
        self._desk = Desk(self._ground, self._lines, opener, self._scrubber, jitter or _jitter)

    def channel(self, connection: Connection, *, token: Secret | None = None, meter: Meter | None = None) -> Channel:
        """Return the way to the origin of `connection`; with `token` for a draft, else with its stored one."""
        return HttpChannel(self._desk, connection, self._ending, token=token, meter=meter)

    def postgresql(self, connection: Connection, *, token: Secret | None = None) -> AbstractContextManager[Any]:
        """Return a connection of ADBC to the database of `connection`."""
        return _connected(self._desk, connection, token)

    def storage(self, connection: Connection, *, token: Secret | None = None) -> AbstractContextManager[Any]:
        """Return the storage of `connection` (egress.s3.Storage)."""
        return _storage(self._desk, connection, token)

    def branch(self) -> Branch:
        """Return a way out for one run, which can be closed on its own."""
        made = Branch(self._desk, Ending(self._pause))
        with self._branches_lock:
            self._branches.add(made)
        return made

    def probe(self, http: HttpSettings) -> Iterator[TestStage]:
        """Yield the stages address, name and tls of a staged report, each as it is known. No token is involved."""
        return stages(self._ground, http)

    def close(self) -> None:
        """End every exchange and every wait; whoever is in one gets an error."""
        self._ending.end()
        with self._branches_lock:
            branches = list(self._branches)
        for one in branches:
            one.close()
        self._ground.loop.close(self._lines.close)
        self._scrubber.forget_idle()


class Branch:
    """Hands out channels like the Egress it comes from; `close` ends their exchanges and waits, and no others."""

    def __init__(self, desk: Desk, ending: Ending) -> None:
        self._desk = desk
        self._ending = ending

    def channel(self, connection: Connection, *, token: Secret | None = None, meter: Meter | None = None) -> Channel:
        return HttpChannel(self._desk, connection, self._ending, token=token, meter=meter)

    def postgresql(self, connection: Connection, *, token: Secret | None = None) -> AbstractContextManager[Any]:
        return _connected(self._desk, connection, token)

    def storage(self, connection: Connection, *, token: Secret | None = None) -> AbstractContextManager[Any]:
        return _storage(self._desk, connection, token)

    def close(self) -> None:
        self._ending.end()


def _connected(desk: Desk, connection: Connection, token: Secret | None) -> AbstractContextManager[Any]:
    from pendant.egress.postgresql import connected  # noqa: PLC0415 - takes 0.4 s and 20 MB, and few need it

    return connected(desk, connection, token)


def _storage(desk: Desk, connection: Connection, token: Secret | None) -> AbstractContextManager[Any]:
    from pendant.egress.s3 import opened  # noqa: PLC0415 - brings Arrow, which takes 0.4 s, and few need it

    return opened(desk, connection, token)


def _jitter() -> float:
    return secrets.randbelow(1_000_000) / 1_000_000
