"""The list of runs, and one run while it goes on and afterwards."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pendant.access.gate import need
from pendant.app import App
from pendant.engine.worker import Worker
from pendant.model.access import Actor, Permission
from pendant.services import runs as service
from pendant.web.pages import Pages, go, wants_fragment
from pendant.web.run_view import RunView, run_line, run_view

Reader = Annotated[Actor, need(Permission.RUNS_READ)]
Exporter = Annotated[Actor, need(Permission.EXPORTS_RUN)]


def router(app: App, worker: Worker, pages: Pages) -> APIRouter:
    routes = APIRouter()

    @routes.get("/runs")
    def runs(request: Request, actor: Reader) -> Response:
        now = app.clock.now()
        export = request.query_params.get("export", "")
        lines = [run_line(run, now) for run in service.find(app, actor, export=export)]
        return pages.page(
            request,
            actor,
            "runs/list.html",
            title="Runs",
            section="runs",
            runs=lines,
            export_id=export,
            may_run=actor.may(Permission.EXPORTS_RUN),
        )

    @routes.get("/runs/{run_id}")
    def run(request: Request, actor: Reader, run_id: str) -> Response:
        shown = view(actor, run_id)
        may_cancel = actor.may(Permission.EXPORTS_RUN) and not shown.ended
        if wants_fragment(request):
            return pages.fragment("runs/run.html", run=shown, may_cancel=may_cancel)
        title = f"Run {shown.short_id}"
        return pages.page(
            request, actor, "runs/page.html", title=title, section="runs", run=shown, may_cancel=may_cancel
        )

    @routes.post("/runs/{run_id}/cancel")
    def cancel(request: Request, actor: Exporter, run_id: str) -> Response:
        found = service.cancel(app, actor, worker, run_id)
        return go(request, f"/runs/{found.id}")

    def view(actor: Actor, run_id: str) -> RunView:
        found = service.get(app, actor, run_id)
        slices = service.slices(app, actor, found.id)
        return run_view(found, slices, worker.progress(found.id), app.clock.now())

    return routes
