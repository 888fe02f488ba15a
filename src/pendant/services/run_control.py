"""Stopping a run that goes on; apart from runs.py because it needs the engine, and looking at runs does not."""

from __future__ import annotations

from pendant.app import App
from pendant.engine.worker import Worker
from pendant.errors import Conflict
from pendant.model.access import Actor, Permission
from pendant.model.run import ENDED, Run
from pendant.services import runs
from pendant.services.permission import require
from pendant.store import audit


def cancel(app: App, worker: Worker, actor: Actor, run_id: str) -> Run:
    """Ask a run to stop for good and return it as it is then; one that has ended stays as it is."""
    require(actor, Permission.EXPORTS_RUN)
    run = runs.get(app, actor, run_id)
    if run.state not in ENDED and not worker.cancel(run.id):
        run = runs.get(app, actor, run.id)
        if run.state not in ENDED:
            raise Conflict(
                "run_elsewhere",
                f"Run {run.id[:8]} belongs to another process of this installation.",
                hint="Stop it there, with Ctrl+C.",
            )
    if run.state in ENDED:
        return run
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
    return runs.get(app, actor, run.id)
