"""A simulator inside a Python process, on a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pendosim.clock import SettableClock
from pendosim.expected import Expected, expected_of
from pendosim.faults import Faults
from pendosim.keys import Keys
from pendosim.lags import Lags
from pendosim.options import Options
from pendosim.saved.save import save
from pendosim.server import Ports, Server
from pendosim.web.requests_seen import Seen
from pendosim.world.world import World

_START_SECONDS = 30.0
_END_SECONDS = 300.0


class Pendo:
    """A running simulator as a test sees it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.api = server.api
        self.data = server.data
        self.control = server.control
        self.key = server.options.key
        self.read_only_key = server.options.read_only_key
        self.track_secret = server.options.track_secret
        self.track_secrets = server.keys.track_secrets
        """By application; `track_secret` is the default one's."""
        self.faults: Faults = server.faults
        self.keys: Keys = server.keys
        self.clock: SettableClock = server.clock
        self.world: World = server.world
        self.lags: Lags = server.world.lags

    @property
    def requests(self) -> list[Seen]:
        """Every request so far, oldest first."""
        return self._server.log.all()

    def forget_requests(self) -> None:
        self._server.log.clear()

    def save(self, directory: str | Path) -> None:
        """Write everything as it stands now to plain files, for `load=`."""
        save(self.world, Path(directory))

    def expected(
        self,
        resource: str,
        *,
        since: int | None = None,
        until: int | None = None,
        apps: Sequence[int] | None = None,
        unit: str = "day",
        identified: bool = False,
    ) -> Expected:
        """See pendosim.expected.expected_of."""
        return expected_of(self.world, resource, since=since, until=until, apps=apps, unit=unit, identified=identified)


@contextmanager
def running(*, now: int | None = None, ports: Ports | None = None, **options: Any) -> Iterator[Pendo]:
    """Start a simulator on free ports and stop it at the end. `options` are those of pendosim.Options.

    `now` (ms) fixes the clock; with it and a seed everything is the same at every run.
    """
    server = Server(Options(**options), SettableClock(now), ports or Ports())
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_run, args=(loop,), name="pendosim", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result(_START_SECONDS)
        yield Pendo(server)
    finally:
        asyncio.run_coroutine_threadsafe(server.end(), loop).result(_END_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_START_SECONDS)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
