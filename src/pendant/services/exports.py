"""Exports: what is asked is checked as far as it can be before anything is read, and recorded as a queued run."""

from __future__ import annotations

import uuid
from dataclasses import replace as with_changes
from pathlib import Path

from pendant.app import App
from pendant.connectors import open_source
from pendant.connectors.destinations import open_destination
from pendant.connectors.systems import place_of
from pendant.engine import pipeline
from pendant.engine.slices import Ends
from pendant.engine.targets import system_of
from pendant.errors import WrongInput
from pendant.model.access import Actor, Permission
from pendant.model.connection import Connection
from pendant.model.export import Export
from pendant.model.run import Run
from pendant.services.lookup import resolve
from pendant.services.permission import require
from pendant.store import audit, runs
from pendant.transform.sql import transformation


def start(app: App, actor: Actor, export: Export) -> Run:
    """Record an export as a queued run; whoever called hands the run's id to a worker.

    Everything that can be known beforehand is checked first: connection, resource, application ids, times, columns of
    `select` and `filter`, and whether the target can be written. Only the other system's own list of columns is
    asked for, nothing is read.
    """
    require(actor, Permission.EXPORTS_RUN, Permission.CONNECTIONS_USE)
    _refuse_nonsense(export)
    connection = resolve(app, export.connection)
    _refuse_sender(app, connection)
    run_id = str(uuid.uuid4())
    asked = with_changes(export, connection=connection.name, target=_target(app, actor, export.target))
    _rehearse(app, connection, asked, run_id)
    run = Run(
        id=run_id,
        kind="export",
        resource=asked.resource,
        connection_id=connection.id,
        connection_name=connection.name,
        target=asked.target,
        definition=asked.as_json(),
        actor=actor.name,
        created_at=app.clock.now(),
    )
    with app.database.begin() as tx:
        runs.insert(tx, run)
        audit.append(
            tx,
            at=app.clock.now(),
            actor=actor,
            action="export.start",
            object_kind="run",
            object_id=run.id,
            outcome="done",
        )
    return run


def _refuse_nonsense(export: Export) -> None:
    if not export.target.strip():
        raise WrongInput(
            "target_required",
            "The target is missing.",
            hint="Name a file such as visitors.parquet.",
            field="target",
        )
    if export.limit < 0:
        raise WrongInput(
            "limit_invalid",
            f"The limit is {export.limit}; a number of rows is needed, or 0 for all.",
            hint="Leave it out to export all rows.",
            field="limit",
        )
    if export.since and export.until and export.since >= export.until:
        raise WrongInput(
            "times_invalid",
            f"The beginning {export.since.isoformat()} does not lie before the end {export.until.isoformat()}.",
            hint="Exchange them, or leave one out.",
            field="since",
        )


def _refuse_sender(app: App, connection: Connection) -> None:
    """Raise WrongInput for a connection that only sends."""
    connector = app.catalogue.connector(connection.application)
    if connector.reads_with is None:
        raise WrongInput(
            "connection_cannot_read",
            f"Connection {connection.name} is of the {connector.title} connector, from which nothing can be exported.",
            hint="Choose a Pendo connection of API type engage.",
            field="connection",
        )
    if connection.api_type != connector.reads_with:
        raise WrongInput(
            "connection_cannot_read",
            f"Connection {connection.name} only sends ({connector.title}, {connection.api_type}); "
            "nothing can be exported from it.",
            hint="Choose a Pendo connection of API type engage.",
            field="connection",
        )


def _target(app: App, actor: Actor, text: str) -> str:
    """Return the target as an absolute path, or as it is when it lies in another system.

    Whoever runs the command line writes where the system lets them. Through the other doors, where somebody else
    owns the files, a target stays below the installation's folder for exports.
    """
    if place_of(text.strip()):
        return text.strip()
    path, slash = Path(text.strip()).expanduser(), "/" * text.strip().endswith("/")
    if actor.door == "cli":
        return f"{path.absolute()}{slash}"
    root = app.settings.exports.resolve()
    inside = (root / path).resolve()
    if root not in inside.parents:
        raise WrongInput(
            "target_outside",
            f"The target {text} lies outside the folder for exports, {root}.",
            hint="Give a path below that folder, such as visitors.parquet.",
            field="target",
        )
    inside.parent.mkdir(parents=True, exist_ok=True)
    return f"{inside}{slash}"


def _rehearse(app: App, connection: Connection, export: Export, run_id: str) -> None:
    """Put the three parts together as the run will, and take them apart again: what does not fit fails at once."""
    with app.database.read() as tx:
        may_replace = export.replace or runs.wrote_target(tx, export.target, export.resource, connection.id)
    source = open_source(app.catalogue, app.egress, connection, export, None)
    system = system_of(app, export.target, app.egress)
    destination = open_destination(export, run_id=run_id, may_replace=may_replace, system=system)
    between = transformation(source.schema, select=export.select, filter=export.filter)
    pipeline.rehearse(Ends(source, between, destination))
