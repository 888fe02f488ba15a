"""What belongs to one version of one connection: its own session, its own pace, its own address rule."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver

from pendant.egress.judge import JudgedResolver, request_class, socket_factory
from pendant.egress.loop import LoopThread
from pendant.egress.pace import Pace
from pendant.egress.reach import AddressRule, Network
from pendant.model.clock import Clock
from pendant.model.connection import Connection

READ_BUFFER_BYTES = 1 << 18
HEADERS_MAX = 100
HEADER_LINE_BYTES_MAX = 8190
LINES_MAX = 64

ResolverFactory = Callable[[], AbstractResolver]


def tls_context() -> ssl.SSLContext:
    # Not ssl.create_default_context: that one writes the session keys where SSLKEYLOGFILE says.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    return context


@dataclass(frozen=True, slots=True)
class Ground:
    """What all lines of one Egress stand on."""

    loop: LoopThread
    clock: Clock
    allow_networks: tuple[Network, ...]
    resolver: ResolverFactory
    # Made by the first connection: reading the system's certificates takes some 30 ms.
    tls: Callable[[], ssl.SSLContext]


class Line:
    def __init__(self, ground: Ground, connection: Connection) -> None:
        http = connection.http
        self._ground = ground
        self._rule = AddressRule(http.network, ground.allow_networks)
        self._concurrency_level = http.concurrency_level
        self._encrypted = http.origin.startswith("https:")
        self._session: aiohttp.ClientSession | None = None
        self.users = 0
        self.pace = Pace(
            concurrency_level=http.concurrency_level,
            minimum_wait_ms=http.rate_limit.minimum_wait_ms,
            clock=ground.clock,
        )

    def session(self) -> aiohttp.ClientSession:
        """Return the session; on the loop thread only."""
        if self._session is None:
            connector = aiohttp.TCPConnector(
                ssl=self._ground.tls() if self._encrypted else True,
                resolver=JudgedResolver(self._rule, self._ground.resolver()),
                use_dns_cache=False,
                socket_factory=socket_factory(self._rule),
                limit=self._concurrency_level,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                request_class=request_class(self._rule),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                read_bufsize=READ_BUFFER_BYTES,
                max_line_size=HEADER_LINE_BYTES_MAX,
                max_field_size=HEADER_LINE_BYTES_MAX,
                max_headers=HEADERS_MAX,
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


class Lines:
    """The lines in use and the last few idle ones. Two connections never share one, whatever their host is."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._lock = threading.Lock()
        self._lines: dict[object, Line] = {}

    @contextmanager
    def using(self, connection: Connection) -> Iterator[Line]:
        # The settings are part of the key, because an unsaved draft has no id of its own.
        key = (connection.id, connection.version, connection.http)
        with self._lock:
            line = self._lines.pop(key, None) or Line(self._ground, connection)
            self._lines[key] = line
            line.users += 1
            idle = self._idle_beyond_limit()
        for old in idle:
            self._ground.loop.run(old.close())
        try:
            yield line
        finally:
            with self._lock:
                line.users -= 1

    def _idle_beyond_limit(self) -> list[Line]:
        beyond = len(self._lines) - LINES_MAX
        keys = [key for key, line in self._lines.items() if not line.users][: max(beyond, 0)]
        return [self._lines.pop(key) for key in keys]

    async def close(self) -> None:
        for line in self._lines.values():
            await line.close()
        self._lines.clear()
