"""The process that serves: a socket, uvicorn, and what the terminal is told."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import sys
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from pendant import logs
from pendant.app import App, open_app
from pendant.engine.worker import Worker
from pendant.errors import SetupProblem
from pendant.model.clock import SystemClock
from pendant.model.scrub import Scrubber
from pendant.model.vault import VaultState
from pendant.server.asgi import asgi
from pendant.services import accounts
from pendant.settings import Settings
from pendant.web.site import site

GRACE_SECONDS = 1
HEADER_BYTES_MAX = 32_768
CONCURRENT_MAX = 512
_BACKLOG = 512


def serve(settings: Settings) -> None:
    """Serve the web app and the API at `settings.host` and `settings.port` (0: a free one) until a signal stops it."""
    refuse_exposed(settings)
    with _listening(settings) as listening:
        clock = SystemClock()
        scrubber = Scrubber(clock)
        logs.configure(settings, scrubber)
        with open_app(settings, clock, scrubber=scrubber) as app:
            worker = Worker(app)
            try:
                _serve(app, worker, listening)
            finally:
                worker.close()


def refuse_exposed(settings: Settings) -> None:
    """Refuse to listen to a network without knowing the names this installation is reached by."""
    if settings.allowed_hosts or _is_loopback(settings.host):
        return
    raise SetupProblem(
        "allowed_hosts_needed",
        f"The address {settings.host} can be reached from other machines, but no host name is allowed.",
        hint="Set PENDANT_ALLOWED_HOSTS to the names people use, and put a proxy with TLS in front; "
        "or keep to 127.0.0.1.",
        field="PENDANT_ALLOWED_HOSTS",
    )


def configuration(application: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        # h11 refuses what two parsers could read in two ways: two lengths, a length beside chunks, bare line feeds.
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=HEADER_BYTES_MAX,
        limit_concurrency=CONCURRENT_MAX,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


class _AnnouncingServer(uvicorn.Server):
    """Speaks once it answers, so that a script may wait for the line, and stops what its answers wait for."""

    def __init__(self, config: uvicorn.Config, announcement: str, stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._announcement = announcement
        self._stop = stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        sys.stdout.write(self._announcement)
        sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.gather(super().shutdown(sockets=sockets), asyncio.to_thread(self._stop))


def _serve(app: App, worker: Worker, listening: socket.socket) -> None:
    _go_on(app, worker)
    application = asgi(app, worker, site(app, worker))

    def stop() -> None:
        worker.close()
        app.egress.close()

    server = _AnnouncingServer(configuration(application), _announcement(app, listening), stop)
    server.run(sockets=[listening])


def _go_on(app: App, worker: Worker) -> None:
    """Take up the runs an earlier process left; while the vault is locked they would only fail."""
    if app.vault.status().state is not VaultState.LOCKED:
        worker.recover()


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except OSError as problem:
        raise SetupProblem(
            "address_taken",
            f"{settings.host} port {settings.port} cannot be served ({problem.strerror}).",
            hint="Choose another with --port, or stop the program that uses it.",
            field="PENDANT_PORT",
        ) from None


def _announcement(app: App, listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    text = f"Pendant answers at http://{shown}:{port}\n"
    code = accounts.setup_code(app)
    if code:
        text += f"First start: open that page and enter the setup code {code} (valid once, for 24 hours).\n"
    return text + "Stop it with Ctrl+C.\n"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
