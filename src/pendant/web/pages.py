"""Turns view models into answers: whole pages, fragments, redirects. Templates escape everything."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from pendant.connectors.check import TEST_EVENT, TEST_VISITOR
from pendant.model.access import Actor
from pendant.web.assets import Assets

THEME_COOKIE = "pendant-theme"
THEMES = ("light", "dark")
SYSTEM_THEME = "system"
SEE_OTHER = 303


class Pages:
    def __init__(self) -> None:
        self.assets = Assets()
        self._environment = Environment(
            loader=PackageLoader("pendant.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {
            "static": self.assets.url,
            "test_event": TEST_EVENT,
            "test_visitor": TEST_VISITOR,
        }

    def text(self, template: str, **context: Any) -> str:
        return self._environment.get_template(template).render(**context)

    def fragment(self, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        return HTMLResponse(self.text(template, **context), status_code=status)

    def page(
        self,
        request: Request,
        actor: Actor | None,
        template: str,
        *,
        title: str,
        section: str = "",
        status: int = 200,
        **context: Any,
    ) -> HTMLResponse:
        frame = {
            "title": title,
            "section": section,
            "actor": actor,
            "theme": theme_of(request),
            "here": here(request),
            "toast": "",
            "overlay": "",
        }
        return HTMLResponse(self.text(template, **frame | context), status_code=status)


def theme_of(request: Request) -> str:
    """Return what the person chose with the switch, or nothing: then the system decides."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


def here(request: Request) -> str:
    """Return the address of this page, for coming back to it; a form that was sent leads back to its page."""
    if request.method != "GET":
        return "/"
    query = f"?{request.url.query}" if request.url.query else ""
    return quote(request.url.path) + query


def wants_fragment(request: Request, target: str = "") -> bool:
    """Say whether htmx asks for a part of a page; with `target`, for the part that goes into that element."""
    if request.headers.get("HX-Request-Type") != "partial":
        return False
    return not target or request.headers.get("HX-Target", "").endswith(f"#{target}")


def go(request: Request, url: str) -> Response:
    """Lead the browser to another page of this server."""
    if request.headers.get("HX-Request"):
        return Response(status_code=200, headers={"HX-Redirect": url})
    return RedirectResponse(url, status_code=SEE_OTHER)


def local_path(text: str, otherwise: str) -> str:
    """Return `text` if it is a path of this server and nothing else, so that no link can lead people elsewhere."""
    plain = text.startswith("/") and not text.startswith("//") and text.isascii() and text.isprintable()
    return text if plain and "\\" not in text else otherwise
