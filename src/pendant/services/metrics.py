"""Figures of all runs for a monitoring system, in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from pendant.app import App
from pendant.model.access import Actor, Permission
from pendant.model.run import ENDED, RunTotals
from pendant.services.permission import require
from pendant.store import runs

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_COUNTERS = {
    "rows_read": "Rows read by runs that have ended.",
    "rows_written": "Rows written by runs that have ended.",
    "bytes_read": "Bytes received by runs that have ended.",
    "bytes_written": "Bytes written by runs that have ended.",
    "requests": "Requests sent by runs that have ended.",
    "retries": "Requests that were sent again.",
}


def read(app: App, actor: Actor) -> str:
    """Return runs, rows, bytes, requests, retries and seconds by resource and state. No connection is named.

    Counted from what is stored, so that starting anew sets nothing back; runs are never removed.
    """
    require(actor, Permission.RUNS_READ)
    with app.database.read() as tx:
        totals = runs.totals(tx)
    return "".join(f"{line}\n" for line in _lines(totals))


def _lines(totals: list[RunTotals]) -> Iterator[str]:
    yield "# HELP pendant_runs_total Runs that have ended, by how."
    yield "# TYPE pendant_runs_total counter"
    ended = [each for each in totals if each.state in ENDED]
    for each in ended:
        yield f"pendant_runs_total{_labels(each)} {each.runs}"
    yield "# HELP pendant_runs_unfinished Runs that wait or go on."
    yield "# TYPE pendant_runs_unfinished gauge"
    for each in totals:
        if each.state not in ENDED:
            yield f"pendant_runs_unfinished{_labels(each)} {each.runs}"
    for name, text in _COUNTERS.items():
        yield f"# HELP pendant_{name}_total {text}"
        yield f"# TYPE pendant_{name}_total counter"
        for each in ended:
            yield f"pendant_{name}_total{_labels(each)} {getattr(each, name)}"
    yield "# HELP pendant_run_seconds_total How long the runs took that have ended."
    yield "# TYPE pendant_run_seconds_total counter"
    for each in ended:
        yield f"pendant_run_seconds_total{_labels(each)} {each.duration_ms / 1000:g}"


def _labels(totals: RunTotals) -> str:
    resource = totals.resource.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{{resource="{resource}",state="{totals.state.value}"}}'
