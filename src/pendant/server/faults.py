"""A number for each request, and the last net: what nobody expected becomes a plain answer and one log entry."""

from __future__ import annotations

import logging
import uuid

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pendant.access.refusal import Refusal
from pendant.server.answers import Answer

log = logging.getLogger("pendant.server")


class LastNet:
    """Gives the request its id. The detail of an unexpected error is in the log under that id, and nowhere else."""

    def __init__(self, inner: ASGIApp, answer: Answer) -> None:
        self._inner = inner
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = uuid.uuid4().hex[:16]
        started = False

        async def send_noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._inner(scope, receive, send_noting)
        except ClientDisconnect:
            return
        except Exception as problem:
            note(scope, problem)
            if not started:
                await self._answer(Request(scope), unexpected())(scope, receive, send)
            elif not state.get("answered"):
                # Nothing sensible can follow half an answer; the server breaks the connection so that it shows.
                raise


def note(scope: Scope, problem: Exception) -> None:
    """Log an unexpected error, once for each request however many layers it passes."""
    state = scope["state"]
    if not state.get("noted"):
        state["noted"] = True
        place = (state["request_id"], scope["method"], scope["path"])
        log.error("request %s failed unexpectedly: %s %r", *place, exc_info=problem)


def unexpected() -> Refusal:
    return Refusal(
        500,
        "unexpected",
        "Something went wrong that should not have.",
        hint="The log of this installation has the details under the id of this answer.",
    )
