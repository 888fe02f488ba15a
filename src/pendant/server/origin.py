"""Refuses requests that change something and that another site made a browser send."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from pendant.access.cookies import SESSION_COOKIE
from pendant.access.refusal import Refusal
from pendant.server.answers import Answer, is_api

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})


class SameOrigin:
    """For every method that is not safe: Sec-Fetch-Site and Origin must both speak of this very origin where they are
    present, and at least one must be. Only a program that calls the API without our cookie may send neither: no
    browser sends a request in anybody's name that way.
    """

    def __init__(self, inner: ASGIApp, answer: Answer) -> None:
        self._inner = inner
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and not _is_own(scope):
            await self._answer(Request(scope), _foreign())(scope, receive, send)
            return
        await self._inner(scope, receive, send)


def _is_own(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None and origin is None:
        return is_api(scope["path"]) and SESSION_COOKIE not in headers.get("cookie", "")
    return (site is None or site in _OWN_SITES) and (origin is None or _host_of(origin) == headers["host"].lower())


def _host_of(origin: str) -> str:
    """Return host and port; the scheme may differ where a proxy in front of us ends TLS."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return parts.netloc.lower() if parts.scheme in ("http", "https") else ""


def _foreign() -> Refusal:
    return Refusal(
        403,
        "foreign_origin",
        "The request did not come from a page of this installation.",
        hint="Open the page again and repeat it there.",
    )
