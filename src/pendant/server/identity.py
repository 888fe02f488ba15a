"""Finds out who asks: by a session cookie, or, for the API only, by an API token."""

from __future__ import annotations

from starlette.datastructures import State
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from pendant.access.cookies import SESSION_COOKIE, session_token_in
from pendant.access.limits import Pace
from pendant.access.tokens import token_hash
from pendant.app import App
from pendant.errors import NotSignedIn, TooManyTries
from pendant.model.access import Actor
from pendant.server.answers import is_api
from pendant.services import accounts, tokens

API_CALLS_PER_MINUTE = 600


class Identity:
    """Leaves `identify` in the state of each request (see access/gate.py); asks the database only when called."""

    def __init__(self, inner: ASGIApp, app: App, *, api_calls_per_minute: int = API_CALLS_PER_MINUTE) -> None:
        self._inner = inner
        self._app = app
        self._pace = Pace(api_calls_per_minute, app.clock.monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})["identify"] = self._identify_once
        await self._inner(scope, receive, send)

    def _identify_once(self, request: Request) -> Actor | None:
        state: State = request.state
        if not hasattr(state, "actor"):
            state.actor = self._identify(request)
        actor: Actor | None = state.actor
        return actor

    def _identify(self, request: Request) -> Actor | None:
        cookies = "; ".join(request.headers.getlist("cookie"))
        authorization = request.headers.getlist("authorization")
        if not authorization or not is_api(request.url.path):
            session = session_token_in(cookies)
            return accounts.actor_of_session(self._app, session) if session else None
        if len(authorization) > 1 or SESSION_COOKIE in cookies:
            raise NotSignedIn(
                "credentials_twice",
                "The request carries two credentials; one is needed.",
                hint="Send either the session cookie or one Authorization header.",
            )
        return self._of_api_token(authorization[0])

    def _of_api_token(self, authorization: str) -> Actor:
        scheme, _, token = authorization.partition(" ")
        actor = tokens.actor_of(self._app, token.strip()) if scheme.lower() == "bearer" else None
        if actor is None:
            raise NotSignedIn(
                "token_refused",
                "The API token is not one of this installation, or it has expired or was revoked.",
                hint="Send `Authorization: Bearer` with a token made on the tokens page.",
            )
        wait = self._pace.wait_seconds(token_hash(token.strip()))
        if wait:
            raise TooManyTries(
                "too_many_requests", "This API token is used too often for now.", retry_after_seconds=wait
            )
        return actor
