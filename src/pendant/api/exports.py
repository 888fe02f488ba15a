"""Exports: start one. What becomes of it is a run."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from pendant.access.gate import need
from pendant.api.context import Installation, Runner
from pendant.api.requests import StartExport
from pendant.api.shapes import RunShape
from pendant.api.strict import StrictRoute
from pendant.model.access import Actor, Permission
from pendant.services import exports as verbs

routes = APIRouter(prefix="/exports", tags=["exports"], route_class=StrictRoute)


@routes.post("", status_code=202, summary="Start an export; the answer is its run, which goes on by itself.")
def start_export(
    app: Installation,
    worker: Runner,
    actor: Annotated[Actor, need(Permission.EXPORTS_RUN)],
    sent: StartExport,
    response: Response,
) -> RunShape:
    run = verbs.start(app, actor, sent.export())
    worker.submit(run.id)
    response.headers["Location"] = f"/api/v1/runs/{run.id}"
    return RunShape.of(run)
