"""A run as its page and the list of runs show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pendant.model.run import ENDED, Note, Progress, Run, SliceRecord, SliceState
from pendant.web.export_view import window_lines
from pendant.web.marks import OF_RUN, Mark
from pendant.web.words import Moment, duration, moment, size

SLICES_SHOWN = 200
SECONDS_LEFT_SHOWN = 10
_SLICE_MARKS = {
    SliceState.PLANNED: Mark("Planned", "calm"),
    SliceState.RUNNING: Mark("Running", "info pill-busy"),
    SliceState.COMMITTED: Mark("Done", "good"),
    SliceState.SPLIT: Mark("Split", "calm"),
    SliceState.FAILED: Mark("Failed", "bad"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    value: str
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """`value` is None while nobody knows how much there is."""

    value: int | None
    maximum: int
    text: str


@dataclass(frozen=True, slots=True)
class SliceLine:
    label: str
    mark: Mark
    rows_read: str
    rows_written: str
    rows_expected: str
    received: str


@dataclass(frozen=True, slots=True)
class RunView:
    id: str
    short_id: str
    kind: str
    resource: str
    connection: str
    target: str
    actor: str
    mark: Mark
    ended: bool
    reason: str
    error_code: str
    created: Moment | None
    started: Moment | None
    finished: Moment | None
    rows_written: str
    duration: str
    figures: Sequence[Figure] = ()
    bar: Bar | None = None
    waiting_for: str = ""
    notes: Sequence[Note] = ()
    slices: Sequence[SliceLine] = ()
    slices_hidden: int = 0
    definition: Sequence[tuple[str, str]] = ()
    export_id: str = ""
    export_name: str = ""
    rows_restated: str = ""
    windows: Sequence[tuple[str, str]] = ()


def run_line(run: Run, now: datetime) -> RunView:
    """Return what the list shows."""
    return _view(run, now, _seconds(run, now))


def run_view(run: Run, slices: Sequence[SliceRecord], progress: Progress | None, now: datetime) -> RunView:
    """Return what the page shows; `progress` is ahead of the stored run while it goes on."""
    live = None if run.state in ENDED else progress
    seconds = live.seconds if live else _seconds(run, now)
    from_view = _view(run, now, seconds)
    being_read = {record.slice.key: record for record in live.slices} if live else {}
    return RunView(
        **{name: getattr(from_view, name) for name in _LINE_FIELDS},
        figures=_figures(run, live, seconds),
        bar=_bar(run, live),
        waiting_for=live.waiting_for if live else "",
        notes=run.notes,
        slices=[_slice(being_read.get(record.slice.key, record)) for record in slices[:SLICES_SHOWN]],
        slices_hidden=max(0, len(slices) - SLICES_SHOWN),
        definition=_definition(run),
        windows=window_lines(run.windows),
    )


_LINE_FIELDS = (
    "id", "short_id", "kind", "resource", "connection", "target", "actor", "mark", "ended", "reason", "error_code",
    "created", "started", "finished", "rows_written", "duration", "export_id", "export_name", "rows_restated",
)  # fmt: skip


def _view(run: Run, now: datetime, seconds: float) -> RunView:
    return RunView(
        id=run.id,
        short_id=run.id[:8],
        kind=run.kind,
        resource=run.resource,
        connection=run.connection_name,
        target=run.target,
        actor=run.actor,
        mark=OF_RUN[run.state],
        ended=run.state in ENDED,
        reason=run.reason,
        error_code=run.error_code,
        created=moment(run.created_at, now),
        started=moment(run.started_at, now),
        finished=moment(run.finished_at, now),
        rows_written=f"{run.rows_written:,}",
        duration=duration(seconds),
        export_id=run.export_id or "",
        export_name=run.export_name,
        rows_restated="" if run.rows_restated is None else f"{run.rows_restated:,}",
    )


def _seconds(run: Run, now: datetime) -> float:
    if run.state in ENDED or run.started_at is None:
        return run.duration_ms / 1000
    return max(0.0, (now - run.started_at).total_seconds())


def _figures(run: Run, live: Progress | None, seconds: float) -> list[Figure]:
    now = live or run
    rate = f"{now.rows_read / seconds:,.0f} rows/s" if seconds > 0 and now.rows_read else ""
    expected = f"of {run.rows_expected:,} counted by the source" if run.rows_expected is not None else ""
    return [
        Figure("Rows read", f"{now.rows_read:,}", expected or rate),
        Figure("Rows written", f"{now.rows_written:,}"),
        Figure("Slices", f"{now.slices_done:,}", f"of {now.slices_total:,}" if now.slices_total else ""),
        Figure("Received", size(now.bytes_read), f"{size(run.bytes_written)} written" if run.bytes_written else ""),
        Figure("Requests", f"{now.requests:,}", f"{now.retries:,} retried" if now.retries else ""),
        Figure("Duration", duration(seconds), rate if expected else ""),
        *([Figure("Rows restated", f"{run.rows_restated:,}")] if run.rows_restated is not None else []),
    ]


def _bar(run: Run, live: Progress | None) -> Bar | None:
    if run.state in ENDED:
        return None
    if live and live.rows_total:
        share = min(99, 100 * live.rows_read // live.rows_total)
        return Bar(share, 100, f"{live.rows_read:,} of about {live.rows_total:,} rows{_left(live)}")
    if live and live.slices_total > 1:
        return Bar(live.slices_done, live.slices_total, f"{live.slices_done} of {live.slices_total} slices")
    return Bar(None, 100, f"{live.rows_read:,} rows so far" if live else "Waiting to begin")


def _left(live: Progress) -> str:
    # Below ten seconds the number would only flicker.
    left = live.seconds_left
    return f", about {duration(left)} left" if left and left >= SECONDS_LEFT_SHOWN else ""


def _slice(record: SliceRecord) -> SliceLine:
    return SliceLine(
        label=record.slice.label or record.slice.key,
        mark=_SLICE_MARKS[record.state],
        rows_read=f"{record.rows_read:,}",
        rows_written=f"{record.rows_written:,}",
        rows_expected="" if record.rows_expected is None else f"{record.rows_expected:,}",
        received=size(record.bytes_read) if record.bytes_read else "",
    )


def _definition(run: Run) -> list[tuple[str, str]]:
    """Return what narrows the export, in words; what was left open is not there."""
    words = {
        "mode": "Mode", "since": "Since", "until": "Until", "apps": "Applications", "ids": "Ids",
        "pipeline": "Pipeline", "select": "Columns", "filter": "Filter",
    }  # fmt: skip
    found = [(text, run.definition.get(name)) for name, text in words.items()]
    lines = [(text, ", ".join(value) if isinstance(value, list) else str(value)) for text, value in found if value]
    limit = run.definition.get("limit")
    return [*lines, ("Limit", f"{limit:,} rows")] if limit else lines
