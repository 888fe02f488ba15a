"""Export one resource of one connection, from beginning to end, in this process; nothing of it is stored."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from pendant.app import App
from pendant.cli.export_options import ids_in
from pendant.cli.export_texts import show_preview
from pendant.cli.output import Output, note_text
from pendant.cli.progress import ProgressAs, ProgressOption, shown_progress
from pendant.cli.reading_options import Ids, PipelineFile, pipeline_in
from pendant.cli.session import Json, installation
from pendant.cli.shapes import run_shape
from pendant.engine.worker import Worker
from pendant.model.access import local_actor
from pendant.model.export import Export
from pendant.model.moments import moment_of
from pendant.model.pipeline import LoadMode
from pendant.model.run import Run, RunState
from pendant.services import export_plans
from pendant.services import export_runs as verbs

_EXIT_CODES = {RunState.FINISHED: 0, RunState.FINISHED_WITH_ERRORS: 3}

Target = Annotated[
    str,
    Parameter(
        name="--to",
        help="Where to: a file (.parquet, .csv, .jsonl or .ndjson, the last three also with .gz or .zst), "
        "a folder/ of Parquet files by day, .duckdb or .sqlite (with #TABLE if the table is not to be named like "
        "the resource), postgresql:CONNECTION#schema.table or s3://bucket/key.",
    ),
]
Since = Annotated[
    str,
    Parameter(
        name="--since",
        help="Only events from then on: 2026-11-01, 2026-11-01T08:00:00Z or 90d; without it, the last 30 days.",
    ),
]
Select = Annotated[
    str,
    Parameter(
        name="--select",
        help="Columns as SQL, such as 'visitorId, lower(country) AS country'. "
        "Without it .jsonl and .ndjson hold each record as Pendo sent it.",
    ),
]
Load = Annotated[
    LoadMode | None,
    Parameter(
        name="--load",
        name_transform=str.lower,
        help="What happens to the rows a target holds: replace (default), slices, merge or append.",
    ),
]


def export(
    resource: Annotated[str, Parameter(help="What to export, such as visitors; see pendant resources list.")],
    /,
    *,
    connection: Annotated[str, Parameter(name="--connection", help="Name or id of the connection to read from.")],
    to: Target = "",
    since: Since = "",
    until: Annotated[str, Parameter(name="--until", help="Only events before then; written like --since.")] = "",
    apps: Annotated[
        str, Parameter(name="--apps", help="Only these applications: ids with commas between. Without it, all.")
    ] = "",
    select: Select = "",
    filter: Annotated[str, Parameter(name="--filter", help="Only rows for which this SQL condition holds.")] = "",  # noqa: A002 - the option's name
    limit: Annotated[int, Parameter(name="--limit", help="At most so many rows; 0 for all.")] = 0,
    replace: Annotated[
        bool,
        Parameter(name="--replace", negative="", help="Write over a target that another export or program wrote."),
    ] = False,
    ids: Ids = None,
    pipeline: PipelineFile = None,
    load: Load = None,
    preview: Annotated[
        int, Parameter(name="--preview", help="Show so many rows as they would be written, and write nothing.")
    ] = 0,
    progress: ProgressOption = ProgressAs.AUTO,
    json: Json = False,
) -> int:
    """Export a resource of a connection to a file.

    The file appears when everything is in it; after an error or an interruption the target is as it was before.
    Running the same command again writes the same file anew.
    """
    output = Output(json)
    with installation() as app:
        now = app.clock.now()
        asked = Export(
            resource=resource,
            connection=connection,
            target=to,
            since=moment_of(since, now, "since"),
            until=moment_of(until, now, "until"),
            apps=ids_in(apps),
            select=select,
            filter=filter,
            limit=limit,
            replace=replace,
            ids=tuple(ids or ()),
            pipeline=pipeline_in(pipeline),
            load=load,
        )
        if preview:
            return show_preview(output, export_plans.preview(app, local_actor(), asked, rows=preview))
        return show_run(output, finished(app, output, verbs.start(app, local_actor(), asked), progress))


def finished(app: App, output: Output, run: Run, progress: ProgressAs = ProgressAs.AUTO) -> Run:
    """Run a queued run in this process, with its progress shown."""
    worker = Worker(app)
    try:
        with shown_progress(output, run.resource, progress) as listener:
            return worker.run_now(run.id, listener)
    finally:
        worker.close()


def show_run(output: Output, run: Run) -> int:
    if output.as_json:
        output.result(run_shape(run) | _error_of(run))
    elif run.state in _EXIT_CODES:
        output.say(
            f"Exported {run.rows_written:,} rows of {run.resource} to {run.target} "
            f"in {run.duration_ms / 1000:.1f} s (run {run.id[:8]})."
        )
        for note in run.notes:
            output.remark(note_text(note))
    else:
        output.remark(f"Error: {run.reason}")
        output.remark(f"  [{run.error_code or run.state.value}]")
    return _EXIT_CODES.get(run.state, 1)


def _error_of(run: Run) -> dict[str, object]:
    """Return the one error shape for a run that failed; it stands beside the run."""
    if run.state in _EXIT_CODES:
        return {}
    return {"error": {"code": run.error_code or run.state.value, "message": run.reason, "hint": "", "field": None}}
