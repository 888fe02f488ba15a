"""The form that starts an export."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pendant.access.gate import need
from pendant.app import App
from pendant.engine.worker import Worker
from pendant.errors import PendantError
from pendant.model.access import Actor, Permission
from pendant.services import catalogue, connections
from pendant.services import exports as service
from pendant.web.export_form import FIELDS, connection_choices, export_from, missing_in, resource_choices
from pendant.web.forms import Form, SentForm
from pendant.web.pages import Pages, go
from pendant.web.panel_view import Errors

Exporter = Annotated[Actor, need(Permission.EXPORTS_RUN)]


def router(app: App, worker: Worker, pages: Pages) -> APIRouter:
    routes = APIRouter()

    @routes.get("/exports/new")
    def new(request: Request, actor: Exporter) -> Response:
        return form_page(request, actor, Form(list(request.query_params.items())))

    @routes.post("/exports")
    def start(request: Request, actor: Exporter, form: SentForm) -> Response:
        if missing := missing_in(form):
            return form_page(request, actor, form, Errors(missing))
        try:
            run = service.start(app, actor, export_from(form))
        except PendantError as problem:
            at_field = problem.field if problem.field in FIELDS else None
            errors = Errors({at_field: str(problem)}) if at_field else Errors()
            return form_page(request, actor, form, errors, "" if at_field else str(problem), problem.http_status)
        worker.submit(run.id)
        return go(request, f"/runs/{run.id}")

    def form_page(  # noqa: PLR0917 - what is wrong, in three parts
        request: Request, actor: Actor, form: Form, errors: Errors | None = None, problem: str = "", status: int = 422
    ) -> Response:
        offers = catalogue.resources(app, actor)
        return pages.page(
            request,
            actor,
            "exports/form.html",
            title="Export",
            section="exports",
            status=status if errors or problem else 200,
            values={name: form.text(name) for name in FIELDS},
            errors=errors or Errors(),
            problem=problem,
            connections=connection_choices(connections.find(app, actor), offers),
            resources=resource_choices(offers),
            folder=str(app.settings.exports),
            may_write=actor.may(Permission.CONNECTIONS_WRITE),
        )

    return routes
