"""All pages as one router, and the page for a problem."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.routing import BaseRoute

from pendant.app import App
from pendant.engine.worker import Worker
from pendant.errors import PendantError
from pendant.web import accounts, connections, exports, help_pages, panel, runs, settings_page, static_files
from pendant.web.pages import Pages
from pendant.web.problems import problem_page


@dataclass(frozen=True, slots=True)
class Site:
    """What a server needs of the web room."""

    router: APIRouter
    problem_page: Callable[[Request, PendantError], Response]
    mounts: Sequence[BaseRoute] = ()


def site(app: App, worker: Worker) -> Site:
    pages = Pages()
    return Site(router(app, worker, pages), problem_page(app, pages))


def router(app: App, worker: Worker, pages: Pages | None = None) -> APIRouter:
    pages = pages or Pages()
    shown = connections.ConnectionPages(app, pages)
    routes = APIRouter()
    for each in (
        accounts.router(app, pages),
        panel.router(app, pages, shown),
        connections.router(app, pages, shown),
        exports.router(app, worker, pages),
        runs.router(app, worker, pages),
        settings_page.router(app, pages),
        help_pages.router(app, pages),
        static_files.router(pages.assets),
    ):
        routes.include_router(each)
    return routes
