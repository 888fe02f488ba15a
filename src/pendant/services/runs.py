"""Runs: list, show, slices. Cancelling a run belongs to whoever runs it (the engine's worker)."""

from __future__ import annotations

from pendant.app import App
from pendant.errors import NotFound
from pendant.model.access import Actor, Permission
from pendant.model.run import Run, RunState, SliceRecord
from pendant.services.lookup import resolve
from pendant.services.permission import require
from pendant.store import runs as stored

RUNS_SHOWN = 100


def find(
    app: App, actor: Actor, *, connection: str = "", state: RunState | None = None, limit: int = RUNS_SHOWN
) -> list[Run]:
    """Return the newest runs first; `connection` is an id or name, empty for all."""
    require(actor, Permission.RUNS_READ)
    connection_id = resolve(app, connection).id if connection else None
    with app.database.read() as tx:
        return stored.recent(tx, limit=limit, connection_id=connection_id, state=state)


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
