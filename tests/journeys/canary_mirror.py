"""A server that says back whatever it is told, in every way a server can: the worst friend a token can have."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote

STOLEN = "/stolen"


@dataclass
class Mirror:
    """`met` holds, for each request, its path and how often the token stood in it."""

    core: str
    port: int = 0
    met: list[tuple[str, int]] = field(default_factory=list)

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def note(self, path: str, request: bytes) -> None:
        self.met.append((path.partition("?")[0], request.count(self.core.encode())))


@contextmanager
def mirroring(core: str) -> Iterator[Mirror]:
    mirror = Mirror(core)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(mirror))
    mirror.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield mirror
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler_of(mirror: Mirror) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said = b"\n".join((self.requestline.encode(), str(self.headers).encode(), body))
            mirror.note(self.path, said)
            _answer(self, said)

        def log_message(self, *_: Any) -> None:
            """Say nothing: the output of the tests is evidence too."""

    for method in ("GET", "POST", "PUT", "HEAD"):
        setattr(Handler, f"do_{method}", Handler.handle_any)
    return Handler


def _answer(handler: BaseHTTPRequestHandler, said: bytes) -> None:
    kind, _, rest = handler.path.partition("?")[0].strip("/").partition("/")
    if kind == "cut":
        _send(handler, 200, said, length=len(said) + 1000)
        handler.close_connection = True
    elif kind == "refuse":
        _send(handler, int(rest), said, {"Retry-After": "0"})
    elif kind == "redirect":
        token = quote(_token_in(handler), safe="")
        _send(handler, 302, said, {"Location": f"{STOLEN}?token={token}"})
    elif kind == "api":
        _send(handler, 200, json.dumps(_as_pendo(rest, _token_in(handler))).encode())
    else:
        _send(handler, 200, _as_json(said, _token_in(handler).encode()))


def _send(
    handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None, length: int = 0
) -> None:
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("X-Told", _token_in(handler))
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(length or len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _token_in(handler: BaseHTTPRequestHandler) -> str:
    names = ("x-pendo-integration-key", "Authorization", "X-Key")
    given = next((value for name in names if (value := handler.headers.get(name))), "")
    return given.removeprefix("Bearer ") or unquote(handler.path.partition("=")[2])


def _as_json(said: bytes, token: bytes) -> bytes:
    encoded = base64.b64encode(b"You said " + token).decode()
    return json.dumps({"ok": False, "why": said.decode(), "base64": encoded, "hex": token.hex()}).encode()


def _as_pendo(path: str, token: str) -> Any:
    """Answer as Pendo would, with the key in every text there is."""
    if path.endswith("token/verify"):
        return {"valid": True, "writeAccess": False, "token": token}
    encoded = [base64.b64encode(f"{'.' * place}{token}".encode()).decode() for place in range(3)]
    names = [token, quote(token, safe=""), token.encode().hex(), json.dumps(token), *encoded]
    return [{"id": f"page{place}", "appId": 1, "name": name, "odd": {name: name}} for place, name in enumerate(names)]
