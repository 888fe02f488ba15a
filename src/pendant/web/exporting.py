"""The form of an export: fields that follow from the resource, preview, start once, save."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pendant.access.gate import need
from pendant.app import App
from pendant.engine.worker import Worker
from pendant.errors import PendantError
from pendant.model.access import Actor, Permission
from pendant.services import catalogue, connections, export_plans, export_runs
from pendant.services import exports as service
from pendant.services.catalogue import Offer
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
from pendant.web.export_view import preview_view
from pendant.web.forms import Form, SentForm
from pendant.web.pages import Pages, go, wants_fragment
from pendant.web.panel_view import Errors

Writer = Annotated[Actor, need(Permission.EXPORTS_WRITE)]
Exporter = Annotated[Actor, need(Permission.EXPORTS_RUN)]


def router(app: App, worker: Worker, pages: Pages) -> APIRouter:
    routes = APIRouter()
    forms = _Forms(app, worker, pages)

    @routes.get("/exports/new")
    def new(request: Request, actor: Exporter) -> Response:
        return forms.page(request, actor, Form([*_USUAL, *request.query_params.items()]))

    @routes.post("/exports")
    def send(request: Request, actor: Exporter, form: SentForm) -> Response:
        return forms.done(request, actor, form)

    @routes.post("/exports/preview")
    def preview(request: Request, actor: Exporter, form: SentForm) -> Response:
        return forms.preview(request, actor, form)

    @routes.post("/exports/fields")
    def fields(request: Request, actor: Exporter, form: SentForm) -> Response:
        return forms.fields(request, actor, form)

    @routes.get("/exports/{export_id}/edit")
    def edit(request: Request, actor: Writer, export_id: str) -> Response:
        stored = service.get(app, actor, export_id).stored
        values = [*values_of(stored, app.settings.exports).items(), ("id", stored.id), ("version", str(stored.version))]
        return forms.page(request, actor, Form(values))

    return routes


_USUAL = [("mode", "full"), ("horizon_hours", "8"), ("lookback_days", "3"), ("final_days", "9")]


class _Forms:
    """The form, and what its buttons do: `then` is save or run."""

    def __init__(self, app: App, worker: Worker, pages: Pages) -> None:
        self._app = app
        self._worker = worker
        self._pages = pages

    def fields(self, request: Request, actor: Actor, form: Form) -> Response:
        """Draw the fields that the chosen resource takes; what was typed into them stays."""
        if not wants_fragment(request):
            return self.page(request, actor, form)
        offers = catalogue.resources(self._app, actor)
        return self._pages.fragment("exports/reading.html", **_reading(form, offers), errors=Errors())

    def preview(self, request: Request, actor: Actor, form: Form) -> Response:
        missing = missing_in(form, except_for="target")
        try:
            found = None if missing else export_plans.preview(self._app, actor, export_from(form))
        except PendantError as problem:
            if wants_fragment(request):
                return self._pages.fragment("errors/fragment.html", problem=problem, status=problem.http_status)
            return self._refused(request, actor, form, problem)
        if not wants_fragment(request):
            return self.page(request, actor, form, Errors(missing), preview=found)
        if found is None:
            return self._pages.fragment("exports/missing.html", missing=list(missing.values()), status=422)
        return self._pages.fragment("exports/preview.html", preview=preview_view(found))

    def done(self, request: Request, actor: Actor, form: Form) -> Response:
        then = form.text("then", "run")
        if missing := missing_in(form, also="name" if then == "save" else ""):
            return self.page(request, actor, form, Errors(missing))
        try:
            return self._acted(request, actor, form, then)
        except PendantError as problem:
            return self._refused(request, actor, form, problem)

    def _refused(self, request: Request, actor: Actor, form: Form, problem: PendantError) -> Response:
        at_field = problem.field if problem.field in FIELDS else None
        errors = Errors({at_field: str(problem)}) if at_field else Errors()
        return self.page(request, actor, form, errors, problem=problem)

    def _acted(self, request: Request, actor: Actor, form: Form, then: str) -> Response:
        export = export_from(form)
        if then == "save" and form.text("id"):
            version = form.text("version")
            number = int(version) if version.isdecimal() else 0
            saved = service.replace(self._app, actor, form.text("id"), form.text("name"), export, version=number)
            return go(request, f"/exports/{saved.stored.id}?done={'anew' if saved.position_forgotten else 'saved'}")
        if then == "save":
            created = service.create(self._app, actor, form.text("name"), export)
            return go(request, f"/exports/{created.stored.id}?done=saved")
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
            title="Edit export" if form.text("id") else "New export",
            section="exports",
            status=wrong,
            stored_id=form.text("id"),
            version=form.text("version"),
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
            delays_open=bool(errors and errors.keys() & set(DELAYS)),
            **_reading(form, offers),
        )


def _reading(form: Form, offers: list[Offer]) -> dict[str, Any]:
    """Return the values and what the chosen resource takes; None while there is none: then every field is there."""
    chosen = next((offer for offer in offers if offer.name == form.text("resource")), None)
    return {"values": {name: form.text(name) for name in FIELDS}, "offer": chosen}
