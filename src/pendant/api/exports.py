"""Stored exports: list, create, show, replace, delete, run, backfill, plan, preview, position."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from pendant.access.gate import need
from pendant.api.context import Installation, Runner
from pendant.api.export_requests import Backfill, CreateExport, PreviewExport, ReplaceExport, ResetPosition
from pendant.api.export_shapes import (
    ExportDetailShape,
    ExportShape,
    ExportsShape,
    PlanShape,
    PreviewShape,
    SavedExportShape,
)
from pendant.api.shapes import RunShape
from pendant.api.starting import started
from pendant.api.strict import StrictRoute
from pendant.model.access import Actor, Permission
from pendant.services import export_plans, export_runs
from pendant.services import exports as verbs

routes = APIRouter(prefix="/exports", tags=["exports"], route_class=StrictRoute)

Reader = Annotated[Actor, need(Permission.EXPORTS_READ)]
Writer = Annotated[Actor, need(Permission.EXPORTS_WRITE)]
Runs = Annotated[Actor, need(Permission.EXPORTS_RUN)]
Rows = Annotated[int, Query(ge=1, le=export_plans.ROWS_MAX)]


@routes.get("", summary="List the stored exports; `search` looks into name, resource and connection.")
def find_exports(
    app: Installation,
    actor: Reader,
    search: Annotated[str, Query(max_length=200)] = "",
    connection: Annotated[str, Query(max_length=200)] = "",
) -> ExportsShape:
    found = verbs.find(app, actor, search=search, connection=connection)
    return ExportsShape(exports=tuple(ExportShape.of(each) for each in found))


@routes.post("", status_code=201, summary="Store an export under a name; nothing is read yet.")
def create_export(app: Installation, actor: Writer, sent: CreateExport) -> SavedExportShape:
    return SavedExportShape.of(verbs.create(app, actor, sent.name, sent.export()))


@routes.post("/preview", summary="Show the first rows of an export that is not stored; nothing is written.")
def preview_draft(app: Installation, actor: Runs, sent: PreviewExport) -> PreviewShape:
    return PreviewShape.of(export_plans.preview(app, actor, sent.export(), rows=sent.rows))


@routes.get("/{export}", summary="Show a stored export with its position and its newest runs, by id or name.")
def get_export(app: Installation, actor: Reader, export: str) -> ExportDetailShape:
    return ExportDetailShape.of(verbs.get(app, actor, export))


@routes.put("/{export}", summary="Save an export anew: all fields and its version.")
def replace_export(app: Installation, actor: Writer, export: str, sent: ReplaceExport) -> SavedExportShape:
    return SavedExportShape.of(verbs.replace(app, actor, export, sent.name, sent.export(), version=sent.version))


@routes.delete("/{export}", status_code=204, summary="Delete an export and its position; what it wrote stays.")
def delete_export(app: Installation, actor: Writer, export: str) -> None:
    verbs.delete(app, actor, export)


@routes.post("/{export}/runs", status_code=202, summary="Run a stored export; the answer is its run.")
def run_export(app: Installation, worker: Runner, actor: Runs, export: str, response: Response) -> RunShape:
    return started(worker, export_runs.run(app, actor, export), response)


@routes.post("/{export}/backfill", status_code=202, summary="Read a past range again; the position stays.")
def backfill_export(  # noqa: PLR0917 - the framework gives them by name
    app: Installation, worker: Runner, actor: Runs, export: str, sent: Backfill, response: Response
) -> RunShape:
    queued = export_runs.backfill(app, actor, export, since=sent.since, until=sent.until)
    return started(worker, queued, response)


@routes.get("/{export}/plan", summary="Show what a run would do now: windows, slices, rows, requests.")
def plan_export(app: Installation, actor: Reader, export: str) -> PlanShape:
    return PlanShape.of(export_plans.plan(app, actor, export))


@routes.get("/{export}/preview", summary="Show the first rows as they would be written; nothing is written.")
def preview_export(app: Installation, actor: Runs, export: str, rows: Rows = export_plans.ROWS_DEFAULT) -> PreviewShape:
    asked = verbs.get(app, actor, export).stored.export
    return PreviewShape.of(export_plans.preview(app, actor, asked, rows=rows))


@routes.post("/{export}/reset-position", summary="Let the next incremental run begin anew, or at an earlier time.")
def reset_position(
    app: Installation, actor: Writer, export: str, sent: ResetPosition | None = None
) -> ExportDetailShape:
    return ExportDetailShape.of(verbs.reset_position(app, actor, export, to=sent.to if sent else None))
