"""Figures of all runs for a monitoring system, in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from pendant.app import App
from pendant.model.access import Actor, Permission
from pendant.model.run import ENDED, RunTotals
from pendant.services.permission import require
from pendant.store import runs

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_LABELS = ("resource", "state")
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
    # A registry of its own for each answer: nothing of it is kept, and nothing of this process is told.
    registry = CollectorRegistry()
    registry.register(_Totals(totals))
    return generate_latest(registry).decode()


class _Totals(Collector):
    def __init__(self, totals: Sequence[RunTotals]) -> None:
        self._ended = [each for each in totals if each.state in ENDED]
        self._unfinished = [each for each in totals if each.state not in ENDED]

    def collect(self) -> Iterator[Metric]:
        yield _counter("runs", "Runs that have ended, by how.", [(each, each.runs) for each in self._ended])
        waiting = GaugeMetricFamily("pendant_runs_unfinished", "Runs that wait or go on.", labels=_LABELS)
        for each in self._unfinished:
            waiting.add_metric((each.resource, each.state.value), each.runs)
        yield waiting
        for name, text in _COUNTERS.items():
            yield _counter(name, text, [(each, getattr(each, name)) for each in self._ended])
        seconds = [(each, each.duration_ms / 1000) for each in self._ended]
        yield _counter("run_seconds", "How long the runs took that have ended.", seconds)


def _counter(name: str, text: str, values: Sequence[tuple[RunTotals, float]]) -> Metric:
    family = CounterMetricFamily(f"pendant_{name}", text, labels=_LABELS)
    for totals, value in values:
        family.add_metric((totals.resource, totals.state.value), value)
    return family
