"""Stored exports: the list, one of them, and the form that saves, starts and previews."""

from __future__ import annotations

from dataclasses import replace as with_changes
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pendant.access.gate import need
from pendant.app import App
from pendant.engine.worker import Worker
from pendant.errors import PendantError
from pendant.model.access import Actor, Permission
from pendant.services import catalogue, connections, export_plans, export_runs
from pendant.services import exports as service
from pendant.web.export_form import (
    DELAYS,
    FIELDS,
    LOADS,
    MODES,
    connection_choices,
    export_from,
    missing_in,
    resource_choices,
    values_of,
)
from pendant.web.export_view import export_line, export_view, plan_view, preview_view
from pendant.web.forms import Form, SentForm
from pendant.web.pages import Pages, go, wants_fragment
from pendant.web.panel_view import Errors
from pendant.web.run_view import run_line

Reader = Annotated[Actor, need(Permission.EXPORTS_READ)]
Writer = Annotated[Actor, need(Permission.EXPORTS_WRITE)]
Exporter = Annotated[Actor, need(Permission.EXPORTS_RUN)]


def router(app: App, worker: Worker, pages: Pages) -> APIRouter:
    routes = APIRouter()
    routes.include_router(_form_routes(app, _Forms(app, worker, pages)))

    @routes.get("/exports")
    def exports(request: Request, actor: Reader) -> Response:
        now = app.clock.now()
        return pages.page(
            request,
            actor,
            "exports/list.html",
            title="Exports",
            section="exports",
            exports=[export_line(each, now) for each in service.find(app, actor)],
            may_write=actor.may(Permission.EXPORTS_WRITE),
        )

    @routes.get("/exports/{export_id}")
    def show(request: Request, actor: Reader, export_id: str) -> Response:
        detail = service.get(app, actor, export_id)
        now = app.clock.now()
        return pages.page(
            request,
            actor,
            "exports/page.html",
            title=detail.stored.name,
            section="exports",
            export=export_view(detail, now),
            runs=[run_line(run, now) for run in detail.runs],
            may_write=actor.may(Permission.EXPORTS_WRITE),
            may_run=actor.may(Permission.EXPORTS_RUN),
        )

    @routes.get("/exports/{export_id}/plan")
    def plan(request: Request, actor: Exporter, export_id: str) -> Response:
        stored = service.get(app, actor, export_id).stored
        shown = plan_view(export_plans.plan(app, actor, stored.id))
        if wants_fragment(request):
            return pages.fragment("exports/plan.html", plan=shown)
        return pages.page(
            request,
            actor,
            "exports/plan_page.html",
            title=f"Plan of {stored.name}",
            section="exports",
            plan=shown,
            stored=stored,
        )

    @routes.post("/exports/{export_id}/run")
    def run(request: Request, actor: Exporter, export_id: str) -> Response:
        queued = export_runs.run(app, actor, export_id)
        worker.submit(queued.id)
        return go(request, f"/runs/{queued.id}")

    @routes.post("/exports/{export_id}/reset-position")
    def reset_position(request: Request, actor: Writer, export_id: str) -> Response:
        service.reset_position(app, actor, export_id)
        return go(request, f"/exports/{export_id}")

    @routes.post("/exports/{export_id}/delete")
    def delete(request: Request, actor: Writer, export_id: str) -> Response:
        service.delete(app, actor, export_id)
        return go(request, "/exports")

    return routes


def _form_routes(app: App, forms: _Forms) -> APIRouter:
    routes = APIRouter()

    @routes.get("/exports/new")
    def new(request: Request, actor: Exporter) -> Response:
        return forms.page(request, actor, Form([*_USUAL, *request.query_params.items()]))

    @routes.post("/exports")
    def send(request: Request, actor: Exporter, form: SentForm) -> Response:
        return forms.done(request, actor, form)

    @routes.get("/exports/{export_id}/edit")
    def edit(request: Request, actor: Writer, export_id: str) -> Response:
        stored = service.get(app, actor, export_id).stored
        values = [*values_of(stored).items(), ("id", stored.id), ("version", str(stored.version))]
        return forms.page(request, actor, Form(values))

    return routes


_USUAL = [("mode", "full"), ("horizon_hours", "8"), ("lookback_days", "3"), ("final_days", "9")]


class _Forms:
    """The form, and what its buttons do: `then` is save, run or preview."""

    def __init__(self, app: App, worker: Worker, pages: Pages) -> None:
        self._app = app
        self._worker = worker
        self._pages = pages

    def done(self, request: Request, actor: Actor, form: Form) -> Response:
        then = form.text("then", "run")
        missing = missing_in(
            form, also="name" if then == "save" else "", except_for="target" if then == "preview" else ""
        )
        if missing:
            return self.page(request, actor, form, Errors(missing))
        try:
            return self._acted(request, actor, form, then)
        except PendantError as problem:
            at_field = problem.field if problem.field in FIELDS else None
            errors = Errors({at_field: str(problem)}) if at_field else Errors()
            return self.page(request, actor, form, errors, problem=problem)

    def _acted(self, request: Request, actor: Actor, form: Form, then: str) -> Response:
        export = export_from(form)
        if then == "preview":
            found = export_plans.preview(self._app, actor, with_changes(export, limit=0))
            return self.page(request, actor, form, preview=found)
        if then == "save" and form.text("id"):
            version = form.text("version")
            number = int(version) if version.isdecimal() else 0
            saved = service.replace(self._app, actor, form.text("id"), form.text("name"), export, version=number)
            return go(request, f"/exports/{saved.stored.id}")
        if then == "save":
            return go(request, f"/exports/{service.create(self._app, actor, form.text('name'), export).stored.id}")
        run = export_runs.start(self._app, actor, export)
        self._worker.submit(run.id)
        return go(request, f"/runs/{run.id}")

    def page(
        self,
        request: Request,
        actor: Actor,
        form: Form,
        errors: Errors | None = None,
        *,
        problem: PendantError | None = None,
        preview: export_plans.Preview | None = None,
    ) -> Response:
        offers = catalogue.resources(self._app, actor)
        wrong = problem.http_status if problem else 422 if errors else 200
        return self._pages.page(
            request,
            actor,
            "exports/form.html",
            title="Edit export" if form.text("id") else "Export",
            section="exports",
            status=wrong,
            values={name: form.text(name) for name in FIELDS},
            stored_id=form.text("id"),
            version=form.text("version"),
            delays=DELAYS,
            modes=MODES,
            loads=LOADS,
            errors=errors or Errors(),
            problem=str(problem) if problem and problem.field not in FIELDS else "",
            preview=preview_view(preview) if preview else None,
            connections=connection_choices(connections.find(self._app, actor), offers),
            resources=resource_choices(offers),
            folder=str(self._app.settings.exports),
            may_connect=actor.may(Permission.CONNECTIONS_WRITE),
            may_write=actor.may(Permission.EXPORTS_WRITE),
        )
