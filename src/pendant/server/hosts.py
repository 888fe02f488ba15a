"""Answers only to names this installation is known by, so that a foreign name resolved to it reaches nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from pendant.access.refusal import Refusal
from pendant.server.answers import Answer

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")


class KnownHosts:
    def __init__(self, inner: ASGIApp, answer: Answer, names: Iterable[str]) -> None:
        self._inner = inner
        self._answer = answer
        self._names = LOOPBACK_NAMES | {name.lower().rstrip(".") for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._knows(scope):
            await self._answer(Request(scope), _wrong_host())(scope, receive, send)
            return
        await self._inner(scope, receive, send)

    def _knows(self, scope: Scope) -> bool:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1:
            return False
        match = _HOST.fullmatch(hosts[0].decode("latin-1").lower())
        return match is not None and match["name"].rstrip(".") in self._names


def _wrong_host() -> Refusal:
    return Refusal(
        421,
        "host_unknown",
        "This installation does not answer to the host name of this request.",
        hint="Use one of its names, or add the name to PENDANT_ALLOWED_HOSTS.",
    )
