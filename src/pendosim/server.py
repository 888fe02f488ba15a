"""One simulated subscription on its three listeners."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from pendosim.clock import SettableClock
from pendosim.faults import Faults
from pendosim.keys import Keys
from pendosim.options import Options
from pendosim.saved.opening import opened
from pendosim.saved.save import save
from pendosim.throttle import Throttle
from pendosim.web.call import Route
from pendosim.web.control import Control
from pendosim.web.lean import Connection, TrackDoor
from pendosim.web.listener import API_ROUTES, Listener
from pendosim.web.requests_seen import RequestLog
from pendosim.web.subscription import Subscription

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

LOOPBACK = "127.0.0.1"
_SHUTDOWN_SECONDS = 1.0
_QUICK_THREADS = 4
# `id=` may name some thousand objects.
_LINE_BYTES_MAX = 128_000
_NO_ROUTES: tuple[Route, ...] = ()


@dataclass(frozen=True)
class Ports:
    """0 is any free one."""

    host: str = LOOPBACK
    api: int = 0
    data: int = 0
    control: int = 0


def _own_log() -> logging.Logger:
    """Without what a client sent that is no HTTP: it has had its 400."""
    log = logging.getLogger("pendosim.server")
    log.addFilter(_is_not_of_client)
    return log


def _is_not_of_client(record: logging.LogRecord) -> bool:
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


class Server:
    def __init__(self, options: Options, clock: SettableClock, ports: Ports) -> None:
        self.world = opened(options, clock)
        self.options = self.world.options
        self.clock = clock
        self.keys = Keys(self.options, [app.id for app in self.world.apps])
        self.faults = Faults()
        self.log = RequestLog()
        self._ports = ports
        self._quick = ThreadPoolExecutor(_QUICK_THREADS, thread_name_prefix="pendosim-quick")
        self._listening: list[tuple[asyncio.Server, web.Server]] = []
        self.api = self.data = self.control = ""
        """URLs, once started."""

    async def start(self) -> None:
        """Listen. Raises OSError where a port is taken."""
        throttle = Throttle(self.clock, on=self.options.throttle)
        subscription = Subscription(self.world, self.keys, self.faults, self.log, throttle, self._quick)
        api, data = Listener(subscription, API_ROUTES), Listener(subscription, _NO_ROUTES, takes_secrets=True)
        door, host = TrackDoor(subscription), self._ports.host
        try:
            self.api = await self._listen(api.handle, host, self._ports.api, door)
            self.data = await self._listen(data.handle, host, self._ports.data, door)
            control = Control(subscription, self.clock)
            self.control = await self._listen(control.handle, LOOPBACK, self._ports.control)
        except OSError:
            await self.stop()
            raise

    async def _listen(self, handler: Handle, host: str, port: int, door: TrackDoor | None = None) -> str:
        # The simulator keeps its own log of requests, and unpacks bodies itself, up to a limit.
        general = web.Server(
            handler, access_log=None, auto_decompress=False, max_line_size=_LINE_BYTES_MAX, logger=_own_log()
        )
        protocol = general if door is None else partial(Connection, door, general)
        listening = await asyncio.get_running_loop().create_server(protocol, host, port)
        self._listening.append((listening, general))
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{listening.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        for listening, general in self._listening:
            listening.close()
            general.pre_shutdown()
        await asyncio.gather(*(general.shutdown(_SHUTDOWN_SECONDS) for _, general in self._listening))
        self._listening.clear()
        self._quick.shutdown(wait=False, cancel_futures=True)

    async def end(self) -> None:
        """Stop, and save where that was wished. Raises OSError where it cannot be saved."""
        await self.stop()
        if self.options.save:
            await asyncio.to_thread(save, self.world, Path(self.options.save))

    def description(self) -> dict[str, Any]:
        """Say what a client needs, as in the one line `pendosim serve` prints."""
        return {
            "api": self.api,
            "data": self.data,
            "control": self.control,
            "key": self.options.key,
            "read_only_key": self.options.read_only_key,
            "track_secret": self.options.track_secret,
            "track_secrets": {str(app): secret for app, secret in self.keys.track_secrets.items()},
        }
