"""Runs: list, show, slices, cancel."""

from __future__ import annotations

from dataclasses import replace

from pendant.app import App
from pendant.engine.owner import RunLocks
from pendant.engine.worker import Worker
from pendant.errors import Conflict, NotFound
from pendant.model.access import Actor, Permission
from pendant.model.run import ENDED, Run, RunEvent, RunState, SliceRecord, next_state
from pendant.services.lookup import resolve
from pendant.services.permission import require
from pendant.store import audit, exports
from pendant.store import runs as stored

RUNS_SHOWN = 100


def find(
    app: App,
    actor: Actor,
    *,
    connection: str = "",
    export: str = "",
    state: RunState | None = None,
    limit: int = RUNS_SHOWN,
) -> list[Run]:
    """Return the newest runs first; `connection` and `export` are an id or name, empty for all.

    The runs of an export that was deleted are found by its id.
    """
    require(actor, Permission.RUNS_READ)
    connection_id = resolve(app, connection).id if connection else None
    with app.database.read() as tx:
        named = exports.by_name(tx, export) if export else None
        export_id = named.id if named else export or None
        return stored.recent(tx, limit=limit, connection_id=connection_id, state=state, export_id=export_id)


def get(app: App, actor: Actor, run_id: str) -> Run:
    """Return the run with this id, or the only one whose id begins so."""
    require(actor, Permission.RUNS_READ)
    with app.database.read() as tx:
        found = stored.get(tx, run_id)
    if found is None:
        raise NotFound(
            "run_unknown",
            f"There is no run {run_id!r}.",
            hint="`pendant runs list` shows the newest runs.",
            field="run",
        )
    return found


def slices(app: App, actor: Actor, run_id: str) -> list[SliceRecord]:
    run = get(app, actor, run_id)
    with app.database.read() as tx:
        return stored.slices(tx, run.id)


def cancel(app: App, actor: Actor, worker: Worker, run_id: str) -> Run:
    """Ask a run to stop for good; one that has ended stays as it is.

    A run of `worker` ends within a moment. One that waits, or that a dead process left behind, ends at once. One that
    another living process runs is a Conflict: that process has to stop it.
    """
    require(actor, Permission.EXPORTS_RUN)
    run = get(app, actor, run_id)
    if run.state in ENDED:
        return run
    if not worker.cancel(run.id):
        _give_up(app, run)
    with app.database.begin() as tx:
        audit.append(
            tx,
            at=app.clock.now(),
            actor=actor,
            action="run.cancel",
            object_kind="run",
            object_id=run.id,
            outcome="done",
        )
    return get(app, actor, run.id)


def _give_up(app: App, run: Run) -> None:
    """End a run that nobody executes; holding its lock proves that."""
    locks = RunLocks(app.settings.data_dir)
    handle = locks.take(run.id)
    if handle is None:
        raise Conflict(
            "run_elsewhere",
            f"Run {run.id[:8]} is executed by another process.",
            hint="Stop it where it was started.",
            field="run",
        )
    try:
        with app.database.begin() as tx:
            now = stored.get(tx, run.id)
            if now is not None and now.state not in ENDED:
                state = next_state(now.state, RunEvent.CANCEL)
                stored.save(tx, replace(now, state=state, finished_at=app.clock.now()))
    finally:
        locks.give_back(run.id, handle)
