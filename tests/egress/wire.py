"""A small HTTP server that does exactly what a test says, byte for byte."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """A request as it came over the wire."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(found) < 2, f"{name} was sent more than once"
        return found[0] if found else None


@dataclass
class Reply:
    """Raw bytes in pieces; a number between them is a pause in seconds. `end` is keep, close or reset."""

    pieces: list[bytes | float]
    end: str = "keep"


def reply(status: int = 200, body: bytes = b"", headers: dict[str, str] | None = None, *, end: str = "keep") -> Reply:
    lines = [f"HTTP/1.1 {status} Because", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return Reply(["\r\n".join([*lines, "", ""]).encode() + body], end)


def chunked(*parts: bytes | float, finished: bool = True, headers: str = "", end: str = "keep") -> Reply:
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{headers}\r\n".encode()
    framed = [part if isinstance(part, float) else b"%x\r\n%s\r\n" % (len(part), part) for part in parts]
    return Reply([head, *framed, b"0\r\n\r\n" if finished else b""], end)


Handler = Callable[[Seen], Reply]


class Server:
    """Answers every request with what `handler` says, one thread a connection."""

    def __init__(self, handler: Handler, *, tls: ssl.SSLContext | None = None) -> None:
        self.handler = handler
        self.seen: list[Seen] = []
        self.connections = 0
        self.open_now = 0
        self.open_most = 0
        self._tls = tls
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def url(self, host: str = "127.0.0.1") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    def close(self) -> None:
        if self._listener.fileno() < 0:
            return
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                taken, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._sockets.append(taken)
            thread = threading.Thread(target=self._serve, args=(taken,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, taken: socket.socket) -> None:
        with taken:
            try:
                if self._tls is not None:
                    taken = self._tls.wrap_socket(taken, server_side=True)
                    self._sockets.append(taken)
                with taken:
                    while self._exchange(taken):
                        pass
            except OSError:
                pass  # the client went away, which is what some tests are about

    def _exchange(self, taken: socket.socket) -> bool:
        seen = read_request(taken)
        if seen is None:
            return False
        with self._lock:
            self.seen.append(seen)
            self.open_now += 1
            self.open_most = max(self.open_most, self.open_now)
        try:
            answer = self.handler(seen)
            for piece in answer.pieces:
                if isinstance(piece, float):
                    time.sleep(piece)
                else:
                    taken.sendall(piece)
        finally:
            with self._lock:
                self.open_now -= 1
        if answer.end == "reset":
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return answer.end == "keep"


def read_request(taken: socket.socket) -> Seen | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = taken.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in rest))
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    while len(body) < length:
        body += taken.recv(65536)
    method, target, _ = first.split(" ")
    return Seen(method, target, headers, body)
