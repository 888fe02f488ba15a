"""Requests that have one meaning: JSON without repeated keys, a query without repeated or unknown parameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute

from pendant.access.refusal import Refusal
from pendant.errors import WrongInput

UNSUPPORTED_MEDIA_TYPE = 415


class StrictRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()
        known = {str(parameter.alias) for parameter in self.dependant.query_params}

        async def handle(request: Request) -> Response:
            _check_query(request, known)
            strict = _StrictRequest(request.scope, request.receive)
            await strict.parse()
            return await inner(strict)

        return handle


class _StrictRequest(Request):
    _parsed: Any = None

    async def parse(self) -> None:
        body = await self.body()
        if not body:
            return
        if self.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refusal(
                UNSUPPORTED_MEDIA_TYPE,
                "json_needed",
                "The body of the request is not declared as application/json.",
                hint="Send JSON, with the header Content-Type: application/json.",
            )
        self._parsed = _parse(body)

    async def json(self) -> Any:
        return self._parsed


def _parse(body: bytes) -> Any:
    try:
        parsed = json.loads(body, object_pairs_hook=_object, parse_constant=_refuse_constant)
        # Half a character (a lone surrogate) can be written in JSON, but not be stored.
        json.dumps(parsed, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        # Neither the cause nor its text goes on: both hold what was sent.
        raise WrongInput(
            "json_invalid", "The body of the request is not valid JSON.", hint="Check quotes, commas and nesting."
        ) from None
    return parsed


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise WrongInput(
            "json_duplicate",
            "An object in the body of the request gives the same key twice.",
            hint="Keep the one that is meant.",
        )
    return made


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _check_query(request: Request, known: set[str]) -> None:
    given = [name for name, _ in request.query_params.multi_items()]
    if not set(given) <= known:
        expected = f"It takes {', '.join(sorted(known))}." if known else "It takes none."
        raise WrongInput("query_unknown", "The address has a parameter that it does not take.", hint=expected)
    if len(set(given)) != len(given):
        raise WrongInput("query_duplicate", "The address gives the same parameter twice.", hint="Keep one.")
