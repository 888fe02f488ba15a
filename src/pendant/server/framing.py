"""Refuses requests that two servers could read in two ways, so that none can be hidden inside another."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from pendant.access.refusal import Refusal
from pendant.server.answers import Answer

_BOTH = {b"content-length", b"transfer-encoding"}


class OneMeaning:
    """h11 refuses differing lengths and unknown codings; a length beside chunks it would quietly ignore."""

    def __init__(self, inner: ASGIApp, answer: Answer) -> None:
        self._inner = inner
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and {name for name, _ in scope["headers"]} >= _BOTH:
            response = self._answer(Request(scope), _ambiguous())
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
            return
        await self._inner(scope, receive, send)


def _ambiguous() -> Refusal:
    return Refusal(400, "body_ambiguous", "The request gives the length of its body in two ways.", hint="Send one.")
