"""Runs: list, start, show with slices, cancel, follow."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.sse import EventSourceResponse

from pendant.access.gate import need
from pendant.api.context import Installation, Runner
from pendant.api.export_requests import ExportSent
from pendant.api.following import Events, follow
from pendant.api.shapes import RunShape, RunsShape, RunWithSlicesShape, SliceShape
from pendant.api.starting import started
from pendant.api.strict import StrictRoute
from pendant.model.access import Actor, Permission
from pendant.model.run import Run, RunState
from pendant.services import export_runs
from pendant.services import runs as verbs

routes = APIRouter(prefix="/runs", tags=["runs"], route_class=StrictRoute)

Reader = Annotated[Actor, need(Permission.RUNS_READ)]


def _found(app: Installation, actor: Reader, run: str) -> Run:
    """Answer 404 before the stream begins; once it has, there is no status to say it with."""
    return verbs.get(app, actor, run)


Found = Annotated[Run, Depends(_found)]


@routes.get("", summary="List the newest runs.")
def find_runs(
    app: Installation,
    actor: Reader,
    *,
    connection: Annotated[str, Query(max_length=200)] = "",
    export: Annotated[str, Query(max_length=200)] = "",
    state: RunState | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = verbs.RUNS_SHOWN,
) -> RunsShape:
    found = verbs.find(app, actor, connection=connection, export=export, state=state, limit=limit)
    return RunsShape(runs=tuple(RunShape.of(run) for run in found))


@routes.post("", status_code=202, summary="Start an export that is not stored; the answer is its run.")
def start_run(
    app: Installation,
    worker: Runner,
    actor: Annotated[Actor, need(Permission.EXPORTS_RUN)],
    sent: ExportSent,
    response: Response,
) -> RunShape:
    return started(worker, export_runs.start(app, actor, sent.export()), response)


@routes.get("/{run}", summary="Show a run and its slices.")
def get_run(app: Installation, worker: Runner, actor: Reader, run: str) -> RunWithSlicesShape:
    found = verbs.get(app, actor, run)
    live = worker.progress(found.id)
    being_read = {record.slice.key: record for record in live.slices} if live else {}
    kept = verbs.slices(app, actor, found.id)
    slices = tuple(SliceShape.of(being_read.get(record.slice.key, record)) for record in kept)
    return RunWithSlicesShape(run=RunShape.of(found), slices=slices)


@routes.post("/{run}/cancel", status_code=202, summary="Ask a run to stop; one that has ended stays as it is.")
def cancel_run(
    app: Installation, worker: Runner, actor: Annotated[Actor, need(Permission.EXPORTS_RUN)], run: str
) -> RunShape:
    return RunShape.of(verbs.cancel(app, actor, worker, run))


@routes.get(
    "/{run}/events",
    response_class=EventSourceResponse,
    summary="Follow a run: `progress` events while it goes on, one `ended` event with the run.",
)
async def run_events(app: Installation, worker: Runner, actor: Reader, run: Found) -> Events:
    async for event in follow(app, worker, actor, run.id):
        yield event
