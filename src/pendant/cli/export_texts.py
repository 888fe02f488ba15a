"""Stored exports, plans and previews as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pendant.cli.output import Output, note_text
from pendant.cli.shapes import moment, run_shape, window_shape
from pendant.model.export import Export, Mode, Position, StoredExport
from pendant.services.export_plans import Plan, Preview
from pendant.services.exports import Detail

COLUMNS = ("Name", "Resource", "Connection", "Mode", "Target", "Saved")


def export_shape(stored: StoredExport) -> dict[str, Any]:
    return {
        "id": stored.id,
        "name": stored.name,
        "version": stored.version,
        "created_at": moment(stored.created_at),
        "updated_at": moment(stored.updated_at),
        "updated_by": stored.updated_by,
        **stored.export.as_json(),
    }


def detail_shape(detail: Detail) -> dict[str, Any]:
    runs = [run_shape(run) for run in detail.runs]
    return export_shape(detail.stored) | {"position": position_shape(detail.position), "runs": runs}


def position_shape(position: Position | None) -> dict[str, Any] | None:
    if position is None:
        return None
    names = ("began", "position", "final", "moved_at")
    return {name: moment(getattr(position, name)) for name in names}


def plan_shape(plan: Plan) -> dict[str, Any]:
    return {
        "mode": plan.mode.value,
        "load": plan.load.value,
        "target": plan.target,
        "windows": [window_shape(span) for span in plan.windows],
        "slices": [{"key": each.slice.key, "label": each.slice.label, "rows": each.rows} for each in plan.slices],
        "rows": plan.rows,
        "requests": plan.requests,
        "position": position_shape(plan.position),
        "position_after": position_shape(plan.position_after),
        "time_zone": plan.time_zone,
    }


def preview_shape(preview: Preview) -> dict[str, Any]:
    return {
        "columns": [{"name": name, "type": kind} for name, kind in preview.columns],
        "rows": [list(row) for row in preview.rows],
        "notes": [{"code": note.code, "message": note.message, "count": note.count} for note in preview.notes],
    }


def row(stored: StoredExport) -> tuple[object, ...]:
    export = stored.export
    return (
        stored.name, export.resource, export.connection, export.mode.value, export.target, moment(stored.updated_at),
    )  # fmt: skip


def facts(detail: Detail) -> Iterator[tuple[str, object]]:
    stored, export = detail.stored, detail.stored.export
    yield "Export", stored.name
    yield "Id", stored.id
    yield "Reads", f"{export.resource} of {export.connection}"
    yield "Target", export.target
    yield "Mode", export.mode.value
    yield "Load", export.load.value if export.load else "as suits the mode"
    yield from _narrowing(export)
    if export.mode is Mode.INCREMENTAL:
        delays = export.delays
        final = f", and once more after {delays.final_days} days" if delays.final_days else ""
        yield "Horizon", f"{delays.horizon_hours} h before now"
        yield "Read again", f"{delays.lookback_days} days{final}"
        yield "Position", _position(detail.position) if detail.position else "none yet"
    yield "Version", f"{stored.version}, saved {moment(stored.updated_at)} by {stored.updated_by}"


def _narrowing(export: Export) -> Iterator[tuple[str, object]]:
    if export.since or export.last:
        yield "Since", moment(export.since) or f"{export.last} before each run"
    if export.until:
        yield "Until", moment(export.until)
    if export.apps:
        yield "Applications", ", ".join(export.apps)
    if export.ids:
        yield "Ids", ", ".join(export.ids)
    if export.pipeline:
        yield "Pipeline", " ".join(export.pipeline.split())
    if export.select:
        yield "Columns", export.select
    if export.filter:
        yield "Filter", export.filter
    if export.limit:
        yield "Limit", f"{export.limit:,} rows"


def _position(position: Position) -> str:
    return f"{moment(position.position)} (read since {moment(position.began)}, final before {moment(position.final)})"


def show_plan(output: Output, plan: Plan) -> None:
    rows = "unknown" if plan.rows is None else f"{plan.rows:,}"
    facts: list[tuple[str, object]] = [
        ("Mode", f"{plan.mode.value}, loaded by {plan.load.value}"),
        ("Target", plan.target),
        ("Rows", rows),
        ("Requests", f"about {plan.requests:,}"),
    ]
    if plan.time_zone:
        facts.append(("Time zone", plan.time_zone))
    if plan.position_after:
        before = moment(plan.position.position) if plan.position else "none"
        facts.append(("Position", f"{before}, then {moment(plan.position_after.position)}"))
    facts += [("Reads " + span.reading.value, f"{_short(span.since)} to {_short(span.until)}") for span in plan.windows]
    output.facts(facts)
    if plan.slices:
        output.say("")
        output.table(
            ("Slice", "Rows"), ((each.slice.label or each.slice.key, each.rows) for each in plan.slices),
            numbers=("Rows",),
        )  # fmt: skip
    else:
        output.remark("There is nothing to read yet.")


def show_preview(output: Output, preview: Preview) -> int:
    """Print one record after the other: most have more columns than a terminal is wide."""
    if output.as_json:
        output.result(preview_shape(preview))
        return 0
    for number, values in enumerate(preview.rows, 1):
        output.say(f"Record {number}")
        named = zip(preview.columns, values, strict=True)
        output.facts((f"  {name}", _text(value)) for (name, _), value in named if value is not None)
    if not preview.rows:
        output.remark("There is no such row.")
    for note in preview.notes:
        output.remark(note_text(note))
    return 0


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
