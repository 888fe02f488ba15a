"""What the server itself answers, outside the routes: an error in the form that fits whoever asked."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pendant.api.problems import API_PREFIX, problem_answer
from pendant.errors import PendantError, TooManyTries

Page = Callable[[Request, PendantError], Response]
"""Turns a problem into a page; the web room has a better one than `plain_page`."""

Answer = Callable[[Request, PendantError], Response]


def answers(page: Page) -> Answer:
    """Return what chooses between JSON for programs and a page for people, by the path alone."""

    def answer(request: Request, problem: PendantError) -> Response:
        response = problem_answer(request, problem) if is_api(request.url.path) else page(request, problem)
        if isinstance(problem, TooManyTries):
            response.headers["Retry-After"] = str(math.ceil(problem.retry_after_seconds))
        return response

    return answer


def is_api(path: str) -> bool:
    return path == API_PREFIX or path.startswith(f"{API_PREFIX}/")


def plain_page(request: Request, problem: PendantError) -> Response:
    reference = escape(str(request.state.request_id))
    return HTMLResponse(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Pendant</title>"
        f"<h1>{escape(problem.message)}</h1><p>{escape(problem.hint)}</p><p><small>{reference}</small></p>",
        status_code=problem.http_status,
    )
