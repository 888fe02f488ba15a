"""Refuses requests whose body is announced as too large, or in two ways, before anybody reads it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from pendant.access.refusal import Refusal
from pendant.api.problems import http_refusal
from pendant.server.answers import Answer

BODY_BYTES_MAX = 1_000_000
_TOO_LARGE = 413


class Framing:
    """h11 has refused differing lengths and unknown codings already; a length beside chunks it would quietly ignore.

    Bodies that announce no length are counted while they are read, by the framework's own limit.
    """

    def __init__(self, inner: ASGIApp, answer: Answer) -> None:
        self._inner = inner
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = _problem(dict(scope["headers"])) if scope["type"] == "http" else None
        if problem is None:
            await self._inner(scope, receive, send)
            return
        response = self._answer(Request(scope), problem)
        if problem.http_status != _TOO_LARGE:
            # Nobody knows where the next request on this connection begins.
            response.headers["Connection"] = "close"
        await response(scope, receive, send)


def _problem(headers: dict[bytes, bytes]) -> Refusal | None:
    length = headers.get(b"content-length")
    if length is None:
        return None
    if b"transfer-encoding" in headers:
        return Refusal(400, "body_ambiguous", "The request gives the length of its body in two ways.", hint="Send one.")
    return http_refusal(_TOO_LARGE) if int(length) > BODY_BYTES_MAX else None
