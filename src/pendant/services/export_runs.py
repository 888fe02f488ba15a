"""Runs of exports: what was asked once, what is stored under a name, and a past range of that.

Everything that can be known beforehand is checked first: connection, resource, application ids, times, columns of
`select` and `filter`, and whether the target can be written. Only the other system's own list of columns is asked for,
nothing is read. Whoever called hands the run's id to a worker.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace as with_changes
from datetime import datetime

from pendant.app import App
from pendant.engine import pipeline
from pendant.engine.ends import ends_for, load_of, resource_for, shape_of, source_for
from pendant.engine.memory import InMemory
from pendant.engine.targets import system_of
from pendant.engine.worker import requeued
from pendant.errors import Conflict, WrongInput
from pendant.model.access import Actor, Permission
from pendant.model.connection import Connection
from pendant.model.export import Export, Mode, StoredExport
from pendant.model.pipeline import LoadMode
from pendant.model.run import Note, Run
from pendant.services.export_check import checked_export
from pendant.services.exports import stored_export
from pendant.services.lookup import resolve
from pendant.services.permission import require
from pendant.store import audit, runs


def start(app: App, actor: Actor, export: Export) -> Run:
    """Record an export that is not stored as a queued run."""
    require(actor, Permission.EXPORTS_RUN, Permission.CONNECTIONS_USE)
    if export.mode is Mode.INCREMENTAL:
        raise WrongInput(
            "mode_invalid",
            "An incremental export keeps a position, for which it needs a name.",
            hint="Store it first: pendant exports create.",
            field="mode",
        )
    connection, checked = checked_export(app, export, door=actor.door)
    return _queued(app, actor, connection, checked, None)


def run(app: App, actor: Actor, reference: str) -> Run:
    """Record a stored export as a queued run."""
    require(actor, Permission.EXPORTS_RUN, Permission.CONNECTIONS_USE)
    found = stored_export(app, reference)
    return _left_behind(app, found) or _queued(app, actor, resolve(app, found.export.connection), found.export, found)


def _left_behind(app: App, stored: StoredExport) -> Run | None:
    """Take up the run that a dead process left of an export that appends: only it knows that it appended already."""
    if not _appends_on(stored):
        return None
    with app.database.read() as tx:
        unfinished = runs.unfinished_of_export(tx, stored.id)
    return next(filter(None, (requeued(app, run.id) for run in unfinished)), None)


def _appends_on(stored: StoredExport | None) -> bool:
    return stored is not None and stored.export.load is LoadMode.APPEND and stored.export.mode is Mode.INCREMENTAL


def _refuse_second(unfinished: Sequence[Run]) -> None:
    if unfinished:
        raise Conflict(
            "run_unfinished",
            f"The run {unfinished[0].id[:8]} of this export has not ended; a second one would append its rows again.",
            hint="Wait for its end, or cancel it.",
        )


def backfill(app: App, actor: Actor, reference: str, *, since: datetime, until: datetime) -> Run:
    """Read a past range of a stored export again, and leave its position where it is."""
    require(actor, Permission.EXPORTS_RUN, Permission.CONNECTIONS_USE)
    found = stored_export(app, reference)
    if found.export.load is LoadMode.APPEND:
        raise WrongInput(
            "load_invalid",
            f"The export {found.name} appends, so what is read again would be there twice.",
            hint="Let it load by slices.",
            field="load",
        )
    asked = with_changes(
        found.export, mode=Mode.WINDOW, load=LoadMode.SLICES, since=since, until=until, last="", limit=0
    )
    # The target was judged when the export was saved, by the door through which it was.
    connection, checked = checked_export(app, asked, door="cli")
    return _queued(app, actor, connection, checked, found)


def _queued(app: App, actor: Actor, connection: Connection, export: Export, stored: StoredExport | None) -> Run:
    run_id = str(uuid.uuid4())
    _rehearse(app, connection, export, run_id)
    now = app.clock.now()
    queued = Run(
        id=run_id,
        kind="export",
        resource=export.resource,
        connection_id=connection.id,
        connection_name=connection.name,
        target=export.target,
        definition=export.as_json(),
        actor=actor.name,
        export_id=stored.id if stored else None,
        export_name=stored.name if stored else "",
        created_at=now,
    )
    with app.database.begin() as tx:
        if stored and _appends_on(stored):
            _refuse_second(runs.unfinished_of_export(tx, stored.id))
        runs.insert(tx, queued)
        audit.append(
            tx, at=now, actor=actor, action="export.start", object_kind="run", object_id=run_id, outcome="done"
        )
    return queued


def _rehearse(app: App, connection: Connection, export: Export, run_id: str) -> None:
    """Put the three parts together as the run will, and take them apart again: what does not fit fails at once."""
    with app.database.read() as tx:
        may_replace = export.replace or runs.wrote_target(tx, export.target, export.resource, connection.id)
    source = source_for(app, app.egress, connection, export, shape=shape_of(export))
    load = load_of(export, resource_for(app, connection, export))
    system = system_of(app, export.target, app.egress)
    ends = ends_for(
        source,
        export,
        load,
        system=system,
        run_id=run_id,
        may_replace=may_replace,
        note=_unheard,
        hasher=app.vault.hasher,
        reader=InMemory(),
    )
    pipeline.rehearse(ends)


def _unheard(_note: Note) -> None:
    """Stand where nobody keeps notes: a rehearsal writes nothing."""
