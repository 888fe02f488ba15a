"""Stored exports: the list, one of them, its plan, and what can be done with it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pendant.access.gate import need
from pendant.app import App
from pendant.engine.worker import Worker
from pendant.model.access import Actor, Permission
from pendant.model.run import Run
from pendant.services import export_plans, export_runs
from pendant.services import exports as service
from pendant.services import runs as run_service
from pendant.web import exporting
from pendant.web.export_view import export_line, export_view, plan_view
from pendant.web.pages import Pages, go, wants_fragment
from pendant.web.run_view import run_line

Reader = Annotated[Actor, need(Permission.EXPORTS_READ)]
Writer = Annotated[Actor, need(Permission.EXPORTS_WRITE)]
Exporter = Annotated[Actor, need(Permission.EXPORTS_RUN)]

RUNS_LOOKED_AT = 1000
_DONE = {
    "saved": "Export saved",
    "anew": "Export saved. Connection or target is another, so the next run begins anew.",
    "deleted": "Export deleted. What it wrote is still there.",
    "reset": "Position forgotten. The next run begins anew.",
}


def router(app: App, worker: Worker, pages: Pages) -> APIRouter:
    routes = APIRouter()
    shown = _ExportPages(app, pages)
    routes.include_router(exporting.router(app, worker, pages))
    routes.include_router(_changes(app, shown))

    @routes.get("/exports")
    def exports(request: Request, actor: Reader) -> Response:
        return shown.listing(request, actor)

    @routes.get("/exports/{export_id}")
    def show(request: Request, actor: Reader, export_id: str) -> Response:
        return shown.page(request, actor, export_id)

    @routes.get("/exports/{export_id}/plan")
    def plan(request: Request, actor: Exporter, export_id: str) -> Response:
        return shown.plan(request, actor, export_id)

    @routes.post("/exports/{export_id}/run")
    def run(request: Request, actor: Exporter, export_id: str) -> Response:
        queued = export_runs.run(app, actor, export_id)
        worker.submit(queued.id)
        return go(request, f"/runs/{queued.id}")

    return routes


def _changes(app: App, shown: _ExportPages) -> APIRouter:
    """Return what removes something; each asks first."""
    routes = APIRouter()

    @routes.get("/exports/{export_id}/reset-position")
    def ask_reset(request: Request, actor: Writer, export_id: str) -> Response:
        return shown.over(request, actor, export_id, "exports/reset.html")

    @routes.post("/exports/{export_id}/reset-position")
    def reset_position(request: Request, actor: Writer, export_id: str) -> Response:
        service.reset_position(app, actor, export_id)
        return go(request, f"/exports/{export_id}?done=reset")

    @routes.get("/exports/{export_id}/delete")
    def ask_delete(request: Request, actor: Writer, export_id: str) -> Response:
        return shown.over(request, actor, export_id, "exports/delete.html")

    @routes.post("/exports/{export_id}/delete")
    def delete(request: Request, actor: Writer, export_id: str) -> Response:
        service.delete(app, actor, export_id)
        return go(request, "/exports?done=deleted")

    return routes


class _ExportPages:
    def __init__(self, app: App, pages: Pages) -> None:
        self._app = app
        self._pages = pages
        self._folder = app.settings.exports

    def listing(self, request: Request, actor: Actor) -> Response:
        now = self._app.clock.now()
        newest = self._newest_runs(actor)
        return self._pages.page(
            request,
            actor,
            "exports/list.html",
            title="Exports",
            section="exports",
            exports=[
                export_line(each, now, self._folder, newest.get(each.id)) for each in service.find(self._app, actor)
            ],
            may_write=actor.may(Permission.EXPORTS_WRITE),
            may_run=actor.may(Permission.EXPORTS_RUN),
            toast=_done(request),
        )

    def page(self, request: Request, actor: Actor, export_id: str, *, overlay: str = "") -> Response:
        detail = service.get(self._app, actor, export_id)
        now = self._app.clock.now()
        shown = export_view(detail, now, self._folder)
        return self._pages.page(
            request,
            actor,
            "exports/page.html",
            title=detail.stored.name,
            section="exports",
            export=shown,
            line=shown.line,
            runs=[run_line(run, now) for run in detail.runs],
            may_write=actor.may(Permission.EXPORTS_WRITE),
            may_run=actor.may(Permission.EXPORTS_RUN),
            overlay=overlay,
            toast=_done(request),
        )

    def over(self, request: Request, actor: Actor, export_id: str, template: str) -> Response:
        """Draw a question over the page, or only the question when the page is already there."""
        if not wants_fragment(request):
            return self.page(request, actor, export_id, overlay=template)
        stored = service.get(self._app, actor, export_id).stored
        return self._pages.fragment(template, line=export_line(stored, self._app.clock.now(), self._folder))

    def plan(self, request: Request, actor: Actor, export_id: str) -> Response:
        stored = service.get(self._app, actor, export_id).stored
        shown = plan_view(export_plans.plan(self._app, actor, stored.id))
        if wants_fragment(request):
            return self._pages.fragment("exports/plan.html", plan=shown)
        return self._pages.page(
            request,
            actor,
            "exports/plan_page.html",
            title=f"Plan of {stored.name}",
            section="exports",
            plan=shown,
            stored=stored,
        )

    def _newest_runs(self, actor: Actor) -> dict[str, Run]:
        """Return the newest run of each stored export, by the export's id."""
        if not actor.may(Permission.RUNS_READ):
            return {}
        found = run_service.find(self._app, actor, limit=RUNS_LOOKED_AT)
        return {run.export_id: run for run in reversed(found) if run.export_id}


def _done(request: Request) -> str:
    return _DONE.get(request.query_params.get("done", ""), "")
