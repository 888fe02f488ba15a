"""The composition: the routes of both doors behind one chain of protections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from pendant.api.context import put_in_place
from pendant.api.problems import http_refusal, wrong_input
from pendant.api.router import router as api_router
from pendant.app import App
from pendant.engine.worker import Worker
from pendant.errors import PendantError
from pendant.server import health
from pendant.server.answers import Answer, Page, answers, plain_page
from pendant.server.faults import LastNet, note, unexpected
from pendant.server.framing import BODY_BYTES_MAX, Framing
from pendant.server.headers import SecurityHeaders
from pendant.server.hosts import KnownHosts
from pendant.server.identity import Identity
from pendant.server.locked import OpenVault
from pendant.server.origin import SameOrigin


class Site(Protocol):
    """What the web room adds: its routes, its mounts, and the page for a problem."""

    @property
    def router(self) -> APIRouter: ...

    @property
    def mounts(self) -> Sequence[BaseRoute]: ...

    @property
    def problem_page(self) -> Page: ...


@dataclass(frozen=True, slots=True)
class BareSite:
    """A site without pages, for whoever wants only the API."""

    router: APIRouter = field(default_factory=APIRouter)
    mounts: Sequence[BaseRoute] = ()
    problem_page: Page = plain_page


def asgi(app: App, worker: Worker, site: Site | None = None) -> ASGIApp:
    """Return the whole server, without a socket."""
    site = site or BareSite()
    answer = answers(site.problem_page)
    chain: ASGIApp = Identity(routes(app, worker, site, answer), app)
    chain = OpenVault(chain, answer, app.vault)
    chain = SameOrigin(chain, answer)
    chain = Framing(chain, answer)
    chain = KnownHosts(chain, answer, app.settings.allowed_hosts)
    chain = LastNet(chain, answer)
    return SecurityHeaders(chain)


def routes(app: App, worker: Worker, site: Site, answer: Answer) -> FastAPI:
    """Return the route table. Documentation pages of the framework are off: they load scripts from elsewhere."""
    table = FastAPI(
        title="Pendant", openapi_url=None, docs_url=None, redoc_url=None, max_body_size=BODY_BYTES_MAX,
        redirect_slashes=False,
    )  # fmt: skip
    put_in_place(table, app, worker)
    table.include_router(health.router())
    table.include_router(api_router())
    table.include_router(site.router, include_in_schema=False)
    table.router.routes.extend(site.mounts)
    _answer_problems(table, answer)
    return table


def _answer_problems(table: FastAPI, answer: Answer) -> None:
    def known(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, PendantError)
        return answer(request, problem)

    def invalid(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, RequestValidationError)
        return answer(request, wrong_input(problem.errors()))

    def refused(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, HTTPException)
        response = answer(request, http_refusal(problem.status_code))
        response.headers.update(problem.headers or {})
        return response

    def failed(request: Request, problem: Exception) -> Response:
        # Here, before the answer goes out, and not in the net that the framework throws it into afterwards.
        note(request.scope, problem)
        request.state.answered = True
        return answer(request, unexpected())

    table.add_exception_handler(PendantError, known)
    table.add_exception_handler(RequestValidationError, invalid)
    table.add_exception_handler(HTTPException, refused)
    table.add_exception_handler(Exception, failed)
