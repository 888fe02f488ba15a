"""What people see instead of a page: an error in the product's own design, or the way to sign in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response

from pendant.app import App
from pendant.errors import NotSignedIn, PendantError
from pendant.services.accounts import needs_set_up
from pendant.web.pages import Pages, go, here, wants_fragment

_NOT_FOUND, _FORBIDDEN, _UNAVAILABLE = 404, 403, 503
_TITLES = {_NOT_FOUND: "Not found", _FORBIDDEN: "Not allowed", _UNAVAILABLE: "This installation needs attention"}


@dataclass(frozen=True, slots=True)
class WayOut:
    url: str
    text: str


def problem_page(app: App, pages: Pages) -> Callable[[Request, PendantError], Response]:
    """Return what turns any problem of a page into an answer for a person."""

    def answer(request: Request, problem: PendantError) -> Response:
        if isinstance(problem, NotSignedIn):
            return go(request, "/set-up" if needs_set_up(app) else f"/sign-in?next={quote(here(request), safe='')}")
        if wants_fragment(request):
            return pages.fragment("errors/fragment.html", status=problem.http_status, problem=problem)
        title = _TITLES.get(problem.http_status, "That did not work")
        return pages.page(
            request,
            None,
            "errors/page.html",
            title=title,
            status=problem.http_status,
            problem=problem,
            way_out=_way_out(problem),
        )

    return answer


def _way_out(problem: PendantError) -> WayOut:
    if problem.http_status == _UNAVAILABLE:
        return WayOut("/", "Try again")
    return WayOut("/connections", "Go to connections")
