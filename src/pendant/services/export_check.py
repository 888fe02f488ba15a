"""What can be said of an export before anything is read."""

from __future__ import annotations

from dataclasses import replace as with_changes
from pathlib import Path

from pendant.app import App
from pendant.connectors.declaration import Resource
from pendant.connectors.destinations import DELTA, open_destination
from pendant.connectors.systems import place_of
from pendant.engine.ends import load_of, resource_for, source_for
from pendant.engine.targets import system_of
from pendant.errors import WrongInput
from pendant.model.connection import Connection
from pendant.model.export import READER, Delays, Export, Mode
from pendant.model.moments import moment_of
from pendant.model.pipeline import LoadMode
from pendant.services.lookup import resolve

HOURS_MAX, DAYS_MAX = 24 * 30, 366


def checked_export(app: App, export: Export, *, door: str) -> tuple[Connection, Export]:
    """Return the connection that is meant, and the export with its name and the target as a path.

    Asks the other system nothing: whether the columns of `select` and `filter` exist shows when it is run.
    """
    if not export.target.strip():
        raise WrongInput(
            "target_required",
            "The target is missing.",
            hint="Name a file such as visitors.parquet.",
            field="target",
        )
    connection = checked_source(app, export)
    resource = resource_for(app, connection, export)
    _refuse_misfit(export, resource)
    if export.target == READER and door == "program":
        return connection, with_changes(export, connection=connection.name)
    checked = with_changes(export, connection=connection.name, target=_target(app, door, export.target))
    system = system_of(app, checked.target, app.egress)
    open_destination(checked, run_id="", may_replace=True, load=load_of(checked, resource), system=system)
    return connection, checked


def checked_source(app: App, export: Export) -> Connection:
    """Return the connection that is meant, if what is asked for can be read from it."""
    _refuse_nonsense(app, export)
    connection = resolve(app, export.connection)
    _refuse_sender(app, connection)
    source_for(app, app.egress, connection, export)
    return connection


def _refuse_nonsense(app: App, export: Export) -> None:
    if export.limit < 0:
        raise WrongInput(
            "limit_invalid",
            f"The limit is {export.limit}; a number of rows is needed, or 0 for all.",
            hint="Leave it out to export all rows.",
            field="limit",
        )
    if export.last and export.since:
        raise WrongInput(
            "times_invalid",
            "The beginning is given twice: as a point in time and as a distance from now.",
            hint="Leave one of them out.",
            field="last",
        )
    since = moment_of(export.last, app.clock.now(), "last") if export.last else export.since
    if since and export.until and since >= export.until:
        raise WrongInput(
            "times_invalid",
            f"The beginning {since.isoformat()} does not lie before the end {export.until.isoformat()}.",
            hint="Exchange them, or leave one out.",
            field="since",
        )
    _refuse_odd_delays(export.delays)


def _refuse_odd_delays(delays: Delays) -> None:
    limits = {"horizon_hours": HOURS_MAX, "lookback_days": DAYS_MAX, "final_days": DAYS_MAX}
    for name, most in limits.items():
        value = getattr(delays, name)
        if not 0 <= value <= most:
            raise WrongInput(
                "delay_invalid", f"{name} is {value}; a whole number from 0 to {most} is needed.", field=name
            )
    if delays.final_days and delays.final_days * 24 < delays.horizon_hours:
        raise WrongInput(
            "delay_invalid",
            "The final pass comes before the horizon; what it reads could still be arriving.",
            hint="Give final_days more time than horizon_hours, or 0 for no final pass.",
            field="final_days",
        )


def _refuse_misfit(export: Export, resource: Resource) -> None:
    """Raise WrongInput where mode, times, limit and load contradict one another."""
    if export.mode is Mode.WINDOW and not resource.time:
        raise _mode_invalid(f"{resource.title} have no event time, so there is no window of them.", "full")
    if export.mode is Mode.WINDOW and not (export.since or export.last):
        raise WrongInput(
            "window_required",
            "The mode window needs a beginning.",
            hint="Give since, or last such as 30d.",
            field="since",
        )
    if export.mode is not Mode.INCREMENTAL:
        _refuse_limit(export, resource)
        return
    if export.until:
        raise _mode_invalid("An incremental export has no end.", "window")
    if export.limit:
        raise _mode_invalid("With a limit, an incremental export would leave rows out for ever.", "full")
    if resource.time and export.load is LoadMode.REPLACE:
        raise _load_invalid("An incremental run reads a part of the rows, and would replace all by it.", "slices")
    if resource.time and export.load is LoadMode.MERGE:
        raise _load_invalid("Events are told apart by their time and not by a key.", "slices")
    delays = export.delays
    if export.load is LoadMode.APPEND and (delays.lookback_days or delays.final_days or resource.bucketed):
        raise _load_invalid("Rows that are read again would be there twice after appending.", "slices")


def _refuse_limit(export: Export, resource: Resource) -> None:
    load = load_of(export, resource).mode
    if export.limit and load in (LoadMode.SLICES, LoadMode.MERGE):
        raise WrongInput(
            "limit_invalid",
            f"With a limit, loading by {load.value} would empty windows and fill them in part only.",
            hint="Leave the limit out, or choose the load replace or append.",
            field="limit",
        )


def _mode_invalid(message: str, instead: str) -> WrongInput:
    return WrongInput("mode_invalid", message, hint=f"Leave it out, or choose the mode {instead}.", field="mode")


def _load_invalid(message: str, instead: str) -> WrongInput:
    return WrongInput("load_invalid", message, hint=f"Choose {instead}, or leave it to the mode.", field="load")


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


def _target(app: App, door: str, text: str) -> str:
    """Return the target as an absolute path, or as it is when it lies in another system.

    Whoever runs the command line writes where the system lets them. Through the other doors, where somebody else
    owns the files, a target stays below the installation's folder for exports.
    """
    if place_of(text.strip()):
        return text.strip()
    if text.strip().startswith(DELTA):
        return DELTA + _target(app, door, text.strip().removeprefix(DELTA))
    path, slash = Path(text.strip()).expanduser(), "/" * text.strip().endswith("/")
    if door == "cli":
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
