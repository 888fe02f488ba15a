"""The commands of `pendant runs`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from cyclopts import App as Program
from cyclopts import Parameter

from pendant.cli.output import Output, note_text
from pendant.cli.session import Json, installation
from pendant.cli.shapes import moment, run_shape, slice_shape
from pendant.engine.worker import Worker
from pendant.model.access import local_actor
from pendant.model.run import Run, RunState
from pendant.services import runs as verbs

runs = Program(name="runs", help="What was exported: who asked, when, how many rows, and how it ended.")


@runs.command(name="list")
def list_(
    *,
    connection: Annotated[str, Parameter(name="--connection", help="Only runs of this connection.")] = "",
    export: Annotated[str, Parameter(name="--export", help="Only runs of this stored export, by its name or id.")] = "",
    state: Annotated[
        RunState | None, Parameter(name="--state", name_transform=str.lower, help="Only runs in this state.")
    ] = None,
    limit: Annotated[int, Parameter(name="--limit", help="How many of the newest runs.")] = verbs.RUNS_SHOWN,
    json: Json = False,
) -> int:
    """List the newest runs first."""
    output = Output(json)
    with installation() as app:
        found = verbs.find(app, local_actor(), connection=connection, export=export, state=state, limit=limit)
    if json:
        output.result([run_shape(each) for each in found])
    elif found:
        output.table(_COLUMNS, (_row(each) for each in found), numbers=("Rows", "Seconds"))
    else:
        output.remark("There are no such runs.")
    return 0


@runs.command
def show(run: Annotated[str, Parameter(help="Id of the run, or how it begins.")], /, *, json: Json = False) -> int:
    """Show one run and its slices."""
    output = Output(json)
    with installation() as app:
        found = verbs.get(app, local_actor(), run)
        slices = verbs.slices(app, local_actor(), found.id)
    if json:
        output.result(run_shape(found) | {"slices": [slice_shape(each) for each in slices]})
        return 0
    output.facts(_facts(found))
    if slices:
        output.say("")
        output.table(
            ("Slice", "State", "Rows read", "Rows expected", "Bytes read"),
            ((s.slice.label or s.slice.key, s.state.value, s.rows_read, s.rows_expected, s.bytes_read) for s in slices),
            numbers=("Rows read", "Rows expected", "Bytes read"),
        )
    return 0


@runs.command
def cancel(run: Annotated[str, Parameter(help="Id of the run, or how it begins.")], /, *, json: Json = False) -> int:
    """End a run that waits, or that a process left behind when it was killed."""
    output = Output(json)
    with installation() as app:
        worker = Worker(app)
        try:
            found = verbs.cancel(app, local_actor(), worker, run)
        finally:
            worker.close()
    if json:
        output.result(run_shape(found))
    else:
        output.say(f"Run {found.id[:8]} is {found.state.value}.")
    return 0


_COLUMNS = ("Id", "Kind", "Resource", "Connection", "State", "Rows", "Seconds", "Created", "Target")


def _row(run: Run) -> tuple[object, ...]:
    return (
        run.id[:8],
        run.kind,
        run.resource,
        run.connection_name,
        run.state.value,
        run.rows_written,
        f"{run.duration_ms / 1000:.1f}",
        moment(run.created_at),
        run.target,
    )


def _facts(run: Run) -> Iterator[tuple[str, object]]:
    yield "Run", run.id
    yield "Export", f"{run.resource} of {run.connection_name}"
    if run.export_name:
        yield "Stored as", run.export_name
    yield "Target", run.target
    yield "State", run.state.value
    if run.reason:
        yield "Reason", f"{run.reason} [{run.error_code}]"
    yield "Asked by", run.actor
    yield "Created", moment(run.created_at)
    yield "Started", moment(run.started_at)
    yield "Finished", moment(run.finished_at)
    yield "Slices", f"{run.slices_done} of {run.slices_total}"
    yield "Rows read", run.rows_read
    yield "Rows written", run.rows_written
    yield "Rows expected", run.rows_expected
    yield "Bytes", f"{run.bytes_read} read, {run.bytes_written} written"
    yield "Requests", f"{run.requests}, {run.retries} retried"
    yield "Seconds", f"{run.duration_ms / 1000:.1f}"
    for span in run.windows:
        yield f"Read {span.reading.value}", f"{moment(span.since)} to {moment(span.until)}"
    if run.rows_restated is not None:
        yield "Rows restated", run.rows_restated
    for note in run.notes:
        yield "Note", note_text(note).removeprefix("Note: ")
