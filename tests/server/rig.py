"""A real server on a thread, and a client that shows everything that came back."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from pendant.access.cookies import SESSION_COOKIE
from pendant.server.running import configuration

# So long that only a server that hangs reaches it: on a machine that does much else, imports alone take seconds.
SECONDS_MAX = 90


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json()["error"]["code"])

    @property
    def everything(self) -> str:
        return f"{self.headers}\n{self.text}"


class Client:
    """Sends `headers` with every request. `session` makes it a browser on our own page, `bearer` a program."""

    def __init__(self, port: int, *, session: str = "", bearer: str = "", **headers: str) -> None:
        self.port = port
        self._headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if session:
            self._headers |= {"Cookie": f"{SESSION_COOKIE}={session}", "Sec-Fetch-Site": "same-origin"}
        if bearer:
            self._headers["Authorization"] = f"Bearer {bearer}"

    def send(self, method: str, path: str, sent: Any = None, *, body: bytes | None = None, **headers: str) -> Answer:
        """Send `sent` as JSON, or `body` as it is. A header given as "" is left out."""
        given = self._headers | {name.replace("_", "-"): value for name, value in headers.items()}
        if sent is not None:
            body = json.dumps(sent).encode()
            given.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_MAX)
        try:
            connection.request(method, path, body, {name: value for name, value in given.items() if value})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def post(self, path: str, sent: Any = None, **headers: str) -> Answer:
        return self.send("POST", path, sent, **headers)


def raw(port: int, request: bytes) -> bytes:
    """Send bytes as they are and return all that comes back before the server closes."""
    pieces = []
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            connection.sendall(request)
            while piece := connection.recv(65536):
                pieces.append(piece)
        except ConnectionError:
            # The server has stopped listening to what we still wanted to say.
            pass
    return b"".join(pieces)


@contextmanager
def serving(application: ASGIApp) -> Iterator[int]:
    """Serve on a free port of the loopback as the product does; yield the port."""
    server = uvicorn.Server(configuration(application))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            _wait_until_started(server)
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(timeout=10)


def _wait_until_started(server: uvicorn.Server) -> None:
    for _ in range(1000):
        if server.started:
            return
        time.sleep(0.01)
    raise AssertionError("the server did not start")
