"""The commands of `pendant exports`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App as Program
from cyclopts import Parameter

from pendant.app import App
from pendant.cli.confirm import Yes, confirmed
from pendant.cli.export_options import ExportOptions, with_options
from pendant.cli.export_texts import (
    COLUMNS,
    detail_shape,
    export_shape,
    facts,
    plan_shape,
    row,
    show_plan,
    show_preview,
)
from pendant.cli.exports import finished, show_run
from pendant.cli.output import Output
from pendant.cli.progress import ProgressAs, ProgressOption
from pendant.cli.session import Json, installation
from pendant.cli.shapes import moment
from pendant.errors import WrongInput
from pendant.model.access import local_actor
from pendant.model.export import Export
from pendant.model.moments import moment_of
from pendant.services import export_plans, export_runs
from pendant.services import exports as verbs

exports = Program(
    name="exports",
    help="Exports that are stored under a name: what is read, from where, to where, and how far it has come.",
)

Reference = Annotated[str, Parameter(help="Name or id of the export.")]
Rows = Annotated[int, Parameter(name="--rows", help="How many rows, 100 at most; 10 by default.")]
_NOTHING = ExportOptions()


@exports.command
def create(
    *,
    name: Annotated[str, Parameter(name="--name", help="Name of the export; unique, at most 100 characters.")],
    what: ExportOptions = _NOTHING,
    json: Json = False,
) -> int:
    """Store an export under a name. Nothing is read yet."""
    output = Output(json)
    with installation() as app:
        asked = _asked(app, Export("", "", ""), what)
        _show_saved(output, verbs.create(app, local_actor(), name, asked), "Created")
    return 0


@exports.command(name="list")
def list_(
    *,
    search: Annotated[
        str, Parameter(name="--search", help="Only exports in whose name, resource or connection this occurs.")
    ] = "",
    connection: Annotated[str, Parameter(name="--connection", help="Only exports of this connection.")] = "",
    json: Json = False,
) -> int:
    """List the stored exports."""
    output = Output(json)
    with installation() as app:
        found = verbs.find(app, local_actor(), search=search, connection=connection)
    if json:
        output.result([export_shape(each) for each in found])
    elif found:
        output.table(COLUMNS, (row(each) for each in found))
    else:
        output.remark("There are no such exports.")
    return 0


@exports.command
def show(reference: Reference, /, *, json: Json = False) -> int:
    """Show a stored export, how far it has come, and its newest runs."""
    output = Output(json)
    with installation() as app:
        _show_detail(output, verbs.get(app, local_actor(), reference))
    return 0


@exports.command
def edit(
    reference: Reference,
    /,
    *,
    name: Annotated[str | None, Parameter(name="--name", help="New name; without it the name stays.")] = None,
    what: ExportOptions = _NOTHING,
    if_version: Annotated[
        int | None, Parameter(name="--if-version", help="Save only if the export still has this version.")
    ] = None,
    json: Json = False,
) -> int:
    """Save an export anew. What is not given stays as it is."""
    output = Output(json)
    with installation() as app:
        before = verbs.get(app, local_actor(), reference).stored
        asked = with_options(before.export, what, app.clock.now())
        version = before.version if if_version is None else if_version
        saved = verbs.replace(app, local_actor(), before.id, name or before.name, asked, version=version)
        _show_saved(output, saved, "Saved")
    return 0


@exports.command
def delete(
    reference: Reference,
    /,
    *,
    yes: Yes = False,
    json: Json = False,
) -> int:
    """Delete a stored export and its position; what it wrote stays."""
    output = Output(json)
    with installation() as app:
        if not yes and not confirmed("the export", verbs.get(app, local_actor(), reference).stored.name):
            output.remark("Nothing was deleted.")
            return 1
        gone = verbs.delete(app, local_actor(), reference)
    if json:
        output.result({"deleted": {"id": gone.id, "name": gone.name}})
    else:
        output.say(f"Deleted the export {gone.name}. What it wrote to {gone.export.target} is still there.")
    return 0


@exports.command
def run(reference: Reference, /, *, progress: ProgressOption = ProgressAs.AUTO, json: Json = False) -> int:
    """Run a stored export, from beginning to end, in this process."""
    output = Output(json)
    with installation() as app:
        return show_run(output, finished(app, output, export_runs.run(app, local_actor(), reference), progress))


@exports.command
def backfill(
    reference: Reference,
    /,
    *,
    since: Annotated[str, Parameter(name="--since", help="Beginning of the range; written as for pendant export.")],
    until: Annotated[str, Parameter(name="--until", help="Its end.")],
    progress: ProgressOption = ProgressAs.AUTO,
    json: Json = False,
) -> int:
    """Read a past range of event time again; the position stays where it is."""
    output = Output(json)
    with installation() as app:
        now = app.clock.now()
        begin, end = moment_of(since, now, "since"), moment_of(until, now, "until")
        if begin is None or end is None:
            raise WrongInput("window_required", "A range needs a beginning and an end.", field="since")
        queued = export_runs.backfill(app, local_actor(), reference, since=begin, until=end)
        return show_run(output, finished(app, output, queued, progress))


@exports.command
def plan(reference: Reference, /, *, json: Json = False) -> int:
    """Show what a run would do now: windows, slices, rows, requests. Only counts are asked for."""
    output = Output(json)
    with installation() as app:
        found = export_plans.plan(app, local_actor(), reference)
    if json:
        output.result(plan_shape(found))
    else:
        show_plan(output, found)
    return 0


@exports.command
def preview(reference: Reference, /, *, rows: Rows = export_plans.ROWS_DEFAULT, json: Json = False) -> int:
    """Show the first rows of a stored export as they would be written. Nothing is written."""
    output = Output(json)
    with installation() as app:
        stored = verbs.get(app, local_actor(), reference).stored
        return show_preview(output, export_plans.preview(app, local_actor(), stored.export, rows=rows))


@exports.command(name="reset-position")
def reset_position(
    reference: Reference,
    /,
    *,
    to: Annotated[
        str, Parameter(name="--to", help="Go on from then instead of beginning anew; before the position there is.")
    ] = "",
    json: Json = False,
) -> int:
    """Let the next incremental run begin anew, or at an earlier time."""
    output = Output(json)
    with installation() as app:
        at = moment_of(to, app.clock.now(), "to")
        _show_detail(output, verbs.reset_position(app, local_actor(), reference, to=at))
    return 0


def _asked(app: App, before: Export, options: ExportOptions) -> Export:
    for name in ("resource", "connection", "to"):
        if not getattr(options, name):
            raise WrongInput("option_missing", f"The option --{name} is missing.", field=name)
    return with_options(before, options, app.clock.now())


def _show_saved(output: Output, saved: verbs.Saved, verb: str) -> None:
    if output.as_json:
        output.result(export_shape(saved.stored) | {"position_forgotten": saved.position_forgotten})
        return
    output.say(f"{verb} the export {saved.stored.name}.")
    if saved.position_forgotten:
        output.remark("Connection or target is another, so the next run begins anew.")


def _show_detail(output: Output, detail: verbs.Detail) -> None:
    if output.as_json:
        output.result(detail_shape(detail))
        return
    output.facts(facts(detail))
    if detail.runs:
        output.say("")
        output.table(
            ("Run", "State", "Rows", "Restated", "Created"),
            (
                (run.id[:8], run.state.value, run.rows_written, run.rows_restated, moment(run.created_at))
                for run in detail.runs
            ),
            numbers=("Rows", "Restated"),
        )
