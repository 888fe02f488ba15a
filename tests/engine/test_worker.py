"""Runs in this process: recorded, followed, cancelled, left behind and taken over again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from engine.fakes import Queue
from pendant.app import App
from pendant.engine.owner import RunLocks
from pendant.engine.worker import Worker
from pendant.errors import Conflict, NotFound
from pendant.model.run import ENDED, Progress, Run, RunEvent, RunState, SliceState, next_state
from pendant.store import runs
from pendosim import Pendo

PATIENCE_SECONDS = 20


def stored(app: App, run: Run) -> Run:
    with app.database.read() as tx:
        found = runs.get(tx, run.id)
    assert found is not None
    return found


def until(happens: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not happens():
        assert time.monotonic() < ends, "it never happened"
        time.sleep(0.02)


def test_a_run_is_recorded_from_its_beginning_to_its_end(
    app: App, worker: Worker, queue: Queue, pendo: Pendo, tmp_path: Path
) -> None:
    target = tmp_path / "v.parquet"
    run = worker.run_now(queue("visitors", target).id, lambda _: None)
    expected = pendo.expected("visitors").rows
    assert stored(app, run) == run
    assert run.state is RunState.FINISHED
    assert (run.rows_read, run.rows_written, run.rows_expected) == (expected, expected, expected)
    assert (run.slices_done, run.slices_total) == (1, 1)
    assert run.bytes_written == target.stat().st_size
    assert run.requests >= 2
    assert run.bytes_read > 1000
    assert run.started_at is not None
    assert run.finished_at is not None
    assert run.finished_at >= run.started_at
    assert run.duration_ms > 0
    assert pq.read_metadata(target).num_rows == expected
    with app.database.read() as tx:
        (record,) = runs.slices(tx, run.id)
    assert (record.state, record.rows_read) == (SliceState.COMMITTED, expected)


def test_the_listener_hears_the_end_and_not_too_often(worker: Worker, queue: Queue, tmp_path: Path) -> None:
    heard: list[Progress] = []
    began = time.monotonic()
    run = worker.run_now(queue("visitors", tmp_path / "v.csv").id, heard.append)
    assert 1 <= len(heard) <= (time.monotonic() - began) * 10 + 2
    assert (heard[-1].state, heard[-1].rows_written) == (RunState.FINISHED, run.rows_written)


def test_what_fails_is_recorded_with_its_code_and_leaves_nothing(
    app: App, worker: Worker, queue: Queue, pendo: Pendo, tmp_path: Path
) -> None:
    queued = queue("visitors", tmp_path / "v.csv")
    pendo.faults.add("forbidden", source="visitors", times=None)
    run = worker.run_now(queued.id, lambda _: None)
    assert run.state is RunState.FAILED
    assert run.error_code
    assert run.reason
    assert run.rows_written == 0
    assert {entry.name for entry in tmp_path.iterdir()} == {"data", "keys"}


def test_a_run_that_ran_is_not_run_again(worker: Worker, queue: Queue, tmp_path: Path) -> None:
    run = worker.run_now(queue("accounts", tmp_path / "a.csv").id, lambda _: None)
    for again in (lambda: worker.run_now(run.id, lambda _: None), lambda: worker.submit(run.id)):
        with pytest.raises(Conflict) as refused:
            again()
        assert refused.value.code == "run_not_queued"
    with pytest.raises(NotFound):
        worker.submit("no-such-run")


def test_the_same_export_writes_its_own_target_anew(worker: Worker, queue: Queue, tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    first = worker.run_now(queue("accounts", target).id, lambda _: None)
    content = target.read_bytes()
    second = worker.run_now(queue("accounts", target).id, lambda _: None)
    assert (first.state, second.state) == (RunState.FINISHED, RunState.FINISHED)
    assert target.read_bytes() == content


def test_a_submitted_run_can_be_followed_and_cancelled(
    app: App, worker: Worker, queue: Queue, pendo: Pendo, tmp_path: Path
) -> None:
    run = queue("visitors", tmp_path / "v.csv")
    pendo.faults.add("drip", source="visitors", bytes_per_second=2000, times=None)
    worker.submit(run.id)
    until(lambda: stored(app, run).state is RunState.RUNNING)
    progress = worker.progress(run.id)
    assert progress is not None
    assert progress.state is RunState.RUNNING
    assert worker.cancel(run.id)
    until(lambda: stored(app, run).state is RunState.CANCELLED)
    until(lambda: worker.progress(run.id) is None)
    assert {entry.name for entry in tmp_path.iterdir()} == {"data", "keys"}
    assert not worker.cancel(run.id)


def test_a_run_that_waits_for_a_thread_is_cancelled_at_once(
    app: App, worker: Worker, queue: Queue, pendo: Pendo, tmp_path: Path
) -> None:
    queued = [queue("visitors", tmp_path / f"{number}.csv") for number in range(4)]
    pendo.faults.add("drip", source="visitors", bytes_per_second=2000, times=None)
    for run in queued:
        worker.submit(run.id)
    assert worker.cancel(queued[3].id)
    assert stored(app, queued[3]).state is RunState.CANCELLED


def test_an_interruption_cancels_the_run_that_somebody_waits_for(
    app: App, worker: Worker, queue: Queue, pendo: Pendo, tmp_path: Path
) -> None:
    run = queue("visitors", tmp_path / "v.csv")
    pendo.faults.add("drip", source="visitors", bytes_per_second=2000, times=None)

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        worker.run_now(run.id, interrupt)
    assert stored(app, run).state is RunState.CANCELLED
    assert {entry.name for entry in tmp_path.iterdir()} == {"data", "keys"}


def test_closing_queues_what_ran_and_another_worker_finishes_it(
    app: App, queue: Queue, pendo: Pendo, tmp_path: Path
) -> None:
    ran, waited = queue("visitors", tmp_path / "v.csv"), queue("accounts", tmp_path / "a.csv")
    older(app, waited)
    pendo.faults.add("drip", source="visitors", bytes_per_second=2000, times=None)
    first = Worker(app)
    first.submit(ran.id)
    until(lambda: stored(app, ran).state is RunState.RUNNING)
    first.close()
    assert stored(app, ran).state is RunState.QUEUED
    older(app, ran)
    pendo.faults.clear()
    second = Worker(app)
    assert set(second.recover()) == {ran.id, waited.id}
    until(lambda: stored(app, ran).state is stored(app, waited).state is RunState.FINISHED)
    second.close()


def older(app: App, run: Run) -> None:
    """Let a run have been recorded a while ago."""
    current = stored(app, run)
    assert current.created_at is not None
    with app.database.begin() as tx:
        runs.save(tx, replace(current, created_at=current.created_at - timedelta(hours=1)))


DYING = """
import os, sys
from pendant.app import open_app
from pendant.engine.worker import Worker
from pendant.settings import Settings
with open_app(Settings.from_environment(os.environ)) as app:
    Worker(app).run_now(sys.argv[1], lambda now: print(now.state.value, flush=True))
"""


def test_a_run_whose_process_was_killed_is_taken_over_and_finished(
    app: App, worker: Worker, queue: Queue, pendo: Pendo, tmp_path: Path
) -> None:
    target = tmp_path / "v.parquet"
    run = queue("visitors", target)
    pendo.faults.add("drip", source="visitors", bytes_per_second=5000, times=None)
    environment = os.environ | {
        "PENDANT_DATA_DIR": str(app.settings.data_dir),
        "PENDANT_KEY_DIR": str(app.settings.key_dir),
        "PENDANT_ALLOW_NETWORKS": "127.0.0.0/8",
        "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
    }
    command = [sys.executable, "-c", DYING, run.id]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while process.stdout.readline() != "running\n":
            assert process.poll() is None
        assert worker.recover() == []
        process.kill()
    assert stored(app, run).state is RunState.RUNNING
    pendo.faults.clear()
    assert worker.recover() == [run.id]
    until(lambda: stored(app, run).state is RunState.FINISHED)
    assert pq.read_metadata(target).num_rows == pendo.expected("visitors").rows
    assert {entry.name for entry in tmp_path.iterdir()} == {"data", "keys", "v.parquet"}


def killed_after_publishing(app: App, run: Run) -> None:
    """Leave a finished run as it stands when its process dies between the last rename and its own last word."""
    with app.database.begin() as tx:
        runs.save(tx, replace(stored(app, run), state=RunState.RUNNING, finished_at=None))


@pytest.mark.parametrize("limit", [0, 5])
def test_what_was_written_just_before_a_kill_is_written_anew_by_the_same_export(
    app: App, worker: Worker, queue: Queue, tmp_path: Path, limit: int
) -> None:
    target = tmp_path / "e.jsonl"
    first = worker.run_now(queue("pageEvents", target, limit=limit).id, lambda _: None)
    assert (first.state, first.slices_done) == (RunState.FINISHED, first.slices_total)
    content = target.read_bytes()
    killed_after_publishing(app, first)
    again = worker.run_now(queue("pageEvents", target, limit=limit).id, lambda _: None)
    assert (again.state, target.read_bytes()) == (RunState.FINISHED, content)


def test_a_run_that_was_killed_after_publishing_is_taken_over_and_finished(
    app: App, worker: Worker, queue: Queue, tmp_path: Path
) -> None:
    run = worker.run_now(queue("accounts", tmp_path / "a.csv").id, lambda _: None)
    killed_after_publishing(app, run)
    assert worker.recover() == [run.id]
    until(lambda: stored(app, run).state in ENDED)
    assert stored(app, run).state is RunState.FINISHED


def test_a_target_of_somebody_else_is_safe_from_a_run_that_was_killed_early(
    app: App, queue: Queue, tmp_path: Path
) -> None:
    target = tmp_path / "a.csv"
    killed = replace(queue("accounts", target), state=RunState.RUNNING, slices_total=2, slices_done=1)
    with app.database.begin() as tx:
        runs.save(tx, killed)
    target.write_text("precious")
    with pytest.raises(Conflict) as refused:
        queue("accounts", target)
    assert (refused.value.code, target.read_text()) == ("target_exists", "precious")


def test_only_one_can_hold_a_run(tmp_path: Path) -> None:
    locks = RunLocks(tmp_path)
    handle = locks.take("r")
    assert handle is not None
    assert locks.take("r") is None
    locks.give_back("r", handle)
    again = locks.take("r")
    assert again is not None
    locks.give_back("r", again)
    assert list((tmp_path / "running").iterdir()) == []


def silent_first(pendo: Pendo) -> None:
    pendo.forget_requests()
    pendo.faults.add("delay", path="/api/v1/metadata", seconds=30, times=None)


def silent_rows(pendo: Pendo) -> None:
    pendo.forget_requests()
    pendo.faults.add("delay", source="visitors", seconds=30, times=None)


def told_to_wait(pendo: Pendo) -> None:
    pendo.forget_requests()
    pendo.faults.add("rate_limited", source="visitors", retry_after=60, times=None)


@pytest.mark.parametrize("trouble", [silent_first, silent_rows, told_to_wait])
@pytest.mark.parametrize("event", [RunEvent.CANCEL, RunEvent.STOP])
def test_a_run_that_waits_for_an_answer_stops_at_once(  # noqa: PLR0917 - pytest passes them by name
    app: App, queue: Queue, pendo: Pendo, tmp_path: Path, trouble: Callable[[Pendo], None], event: RunEvent
) -> None:
    run = queue("visitors", tmp_path / "v.csv")
    trouble(pendo)
    worker = Worker(app)
    worker.submit(run.id)
    until(lambda: bool(pendo.requests))
    began = time.monotonic()
    if event is RunEvent.CANCEL:
        worker.cancel(run.id)
    worker.close()
    assert time.monotonic() - began < 2
    assert stored(app, run).state is (next_state(RunState.RUNNING, event))
    assert {entry.name for entry in tmp_path.iterdir()} == {"data", "keys"}


def test_stopping_one_run_leaves_the_others_of_its_connection_alone(
    app: App, worker: Worker, queue: Queue, pendo: Pendo, tmp_path: Path
) -> None:
    stopped, going_on = queue("visitors", tmp_path / "v.csv"), queue("accounts", tmp_path / "a.csv")
    pendo.faults.add("delay", source="visitors", seconds=30, times=None)
    pendo.faults.add("delay", source="accounts", seconds=1, times=None)
    worker.submit(stopped.id)
    worker.submit(going_on.id)
    until(lambda: stored(app, going_on).state is stored(app, stopped).state is RunState.RUNNING)
    worker.cancel(stopped.id)
    until(lambda: stored(app, stopped).state is RunState.CANCELLED)
    until(lambda: stored(app, going_on).state is RunState.FINISHED)
