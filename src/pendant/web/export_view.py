"""Stored exports, plans and previews as their templates show them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pendant.model.export import Export, Position, StoredExport
from pendant.model.run import Reading, Run, Span
from pendant.services.export_plans import Plan, Preview
from pendant.services.exports import Detail
from pendant.web.marks import OF_RUN, Mark
from pendant.web.words import Moment, counted, moment, target_text

SLICES_SHOWN = 200
CELL_LENGTH_MAX = 80
READINGS = {
    Reading.NEW: "for the first time",
    Reading.AGAIN: "again: it may have changed",
    Reading.FINAL: "for the last time: nothing of it can be late any more",
}

Facts = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ExportLine:
    id: str
    name: str
    resource: str
    connection: str
    mode: str
    target: str
    updated: Moment | None
    updated_by: str
    mark: Mark | None = None
    ran: Moment | None = None
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class ExportView:
    line: ExportLine
    facts: Facts
    narrowed: Facts
    position: Facts


@dataclass(frozen=True, slots=True)
class PlanView:
    figures: Facts
    facts: Facts
    windows: Facts
    slices: Facts
    slices_hidden: int


@dataclass(frozen=True, slots=True)
class PreviewView:
    """`rows` are texts; long ones are cut."""

    columns: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str]


def export_line(stored: StoredExport, now: datetime, folder: Path, last: Run | None = None) -> ExportLine:
    """Return what the list shows; `last` is the newest run, `folder` the one for exports."""
    export = stored.export
    return ExportLine(
        stored.id, stored.name, export.resource, export.connection, export.mode.value.capitalize(),
        target_text(export.target, folder),
        moment(stored.updated_at, now), stored.updated_by,
        OF_RUN[last.state] if last else None,
        moment(last.started_at or last.created_at, now) if last else None, last.id if last else "",
    )  # fmt: skip


def export_view(detail: Detail, now: datetime, folder: Path) -> ExportView:
    position = position_facts(detail.position) if detail.position else []
    return ExportView(
        export_line(detail.stored, now, folder), _facts(detail.stored.export), _narrowed(detail.stored.export), position
    )


def _facts(export: Export) -> Facts:
    found = [
        ("Load", export.load.value.capitalize() if export.load else "As suits the mode"),
        ("Since", f"{export.since:%Y-%m-%d %H:%M} UTC" if export.since else ""),
        ("Last", f"{export.last} before each run" if export.last else ""),
        ("Until", f"{export.until:%Y-%m-%d %H:%M} UTC" if export.until else ""),
        ("Limit", f"{export.limit:,} rows" if export.limit else ""),
    ]
    delays = export.delays
    waits = [
        ("Horizon", f"stops {counted(delays.horizon_hours, 'hour')} before now"),
        ("Look-back", f"reads {counted(delays.lookback_days, 'day')} again"),
        ("Final pass", f"after {counted(delays.final_days, 'day')}" if delays.final_days else "none"),
    ]
    return [(name, value) for name, value in found if value] + (waits if export.mode == "incremental" else [])


def _narrowed(export: Export) -> Facts:
    """Return what is written in a language of its own or made of ids."""
    found = [
        ("Applications", ", ".join(export.apps)),
        ("Ids", ", ".join(export.ids)),
        ("Pipeline", export.pipeline),
        ("Columns", export.select),
        ("Filter", export.filter),
    ]
    return [(name, value) for name, value in found if value]


def position_facts(position: Position) -> Facts:
    return [
        ("Read from", f"{position.began:%Y-%m-%d %H:%M} UTC"),
        ("Read up to", f"{position.position:%Y-%m-%d %H:%M} UTC"),
        ("Final before", f"{position.final:%Y-%m-%d %H:%M} UTC"),
    ]


def window_lines(spans: Sequence[Span]) -> Facts:
    return [(f"{span.since:%Y-%m-%d %H:%M} to {span.until:%Y-%m-%d %H:%M}", READINGS[span.reading]) for span in spans]


def plan_view(plan: Plan) -> PlanView:
    figures = [
        ("Rows", "unknown" if plan.rows is None else f"{plan.rows:,}"),
        ("Slices", f"{len(plan.slices):,}"),
        ("Requests", f"about {plan.requests:,}"),
    ]
    facts = [("Mode", f"{plan.mode.value.capitalize()}, loaded by {plan.load.value}")]
    if plan.time_zone:
        facts.append(("Time zone", f"{plan.time_zone}: at its midnights the days of the subscription begin"))
    if plan.position_after:
        now = f"{plan.position.position:%Y-%m-%d %H:%M} UTC" if plan.position else "none yet"
        facts.append(("Position", f"{now}, afterwards {plan.position_after.position:%Y-%m-%d %H:%M} UTC"))
    slices = [
        (each.slice.label or each.slice.key, "—" if each.rows is None else f"{each.rows:,}")
        for each in plan.slices[:SLICES_SHOWN]
    ]
    return PlanView(figures, facts, window_lines(plan.windows), slices, max(0, len(plan.slices) - SLICES_SHOWN))


def preview_view(preview: Preview) -> PreviewView:
    rows = [[_cell(value) for value in row] for row in preview.rows]
    return PreviewView(preview.columns, rows, [note.message for note in preview.notes])


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= CELL_LENGTH_MAX else f"{text[:CELL_LENGTH_MAX]}…"
