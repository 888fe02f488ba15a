from __future__ import annotations

from dataclasses import replace

import pytest

from pendant.app import App
from pendant.errors import NotAllowed
from pendant.model.access import Actor
from pendant.model.run import Run, RunState
from pendant.services import metrics
from pendant.store import runs


def test_runs_are_summed_by_resource_and_state_and_nobody_is_named(app: App, vera: Actor) -> None:
    run = Run("1", "export", "visitors", "c", "Secret Customer", "/data/secret.csv", {}, state=RunState.FINISHED)
    with app.database.begin() as tx:
        runs.insert(tx, replace(run, rows_read=10, requests=3, retries=1, duration_ms=1500))
        runs.insert(tx, replace(run, id="2", rows_read=5, requests=2, duration_ms=500))
        runs.insert(tx, replace(run, id="3", resource='odd"name', state=RunState.RUNNING))
    text = metrics.read(app, vera)
    assert 'pendant_runs_total{resource="visitors",state="finished"} 2.0\n' in text
    assert 'pendant_rows_read_total{resource="visitors",state="finished"} 15.0\n' in text
    assert 'pendant_requests_total{resource="visitors",state="finished"} 5.0\n' in text
    assert 'pendant_run_seconds_total{resource="visitors",state="finished"} 2.0\n' in text
    assert 'pendant_runs_unfinished{resource="odd\\"name",state="running"} 1.0\n' in text
    assert "ecret" not in text


def test_every_figure_says_what_it_is(app: App, vera: Actor) -> None:
    lines = metrics.read(app, vera).splitlines()
    helped = [line.split()[2] for line in lines if line.startswith("# HELP")]
    typed = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert helped == typed
    assert len(set(helped)) == len(helped)


def test_without_the_permission_there_are_no_figures(app: App, vera: Actor) -> None:
    with pytest.raises(NotAllowed):
        metrics.read(app, replace(vera, permissions=frozenset()))
