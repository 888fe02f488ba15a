"""Rows that a program reads while the run goes on: in order, a few slices ahead and no more, never a short result."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from engine.fakes import SCHEMA, FakeSource, MemoryLedger
from pendant.app import App
from pendant.engine.halt import Halted
from pendant.engine.handover import SLICES_AHEAD, Handover
from pendant.engine.meter import Tally
from pendant.engine.pipeline import Job, run
from pendant.engine.slices import Ends
from pendant.engine.worker import Worker
from pendant.errors import PendantError, SliceTooLarge, Unreachable
from pendant.model.access import local_actor
from pendant.model.clock import SettableClock
from pendant.model.export import READER, Export
from pendant.model.run import Run, RunState
from pendant.services import export_runs
from pendant.store import runs
from pendant.transform.sql import transformation
from pendosim import Pendo

PATIENCE_SECONDS = 20


def until(happens: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not happens():
        assert time.monotonic() < ends, "it never happened"
        time.sleep(0.01)


class Story:
    """A run of a fake source on a thread of its own, and the handover between it and the test."""

    def __init__(self, folder: Path, source: FakeSource) -> None:
        self.ledger = MemoryLedger()
        self.handover = Handover(folder / "readers", "run-1")
        self.raised: list[BaseException] = []
        clock = SettableClock(datetime(2026, 11, 20, 12, tzinfo=UTC))
        self._job = Job(
            Ends(source, transformation(SCHEMA), self.handover),
            self.handover.announcing(self.ledger),
            Tally(clock),
            self.handover.halt,
            clock,
            concurrency=3,
            pause=lambda _seconds: None,
        )
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            run(self._job)
        except BaseException as problem:  # noqa: BLE001 - the test looks at it
            self.raised.append(problem)
        finally:
            self.handover.over()

    @property
    def committed(self) -> int:
        return sum(event == "committed" for event, _ in self.ledger.events)


@contextmanager
def running_story(folder: Path, source: FakeSource) -> Iterator[Story]:
    story = Story(folder, source)
    story.thread.start()
    try:
        yield story
    finally:
        story.handover.halt.set()
        story.thread.join(PATIENCE_SECONDS)
    assert list((folder / "readers").iterdir()) == []


def ids(batches: Iterator[pa.RecordBatch]) -> list[int]:
    return [number for batch in batches for number in batch.column("id").to_pylist()]


def test_rows_come_in_order_and_each_once(tmp_path: Path) -> None:
    with running_story(tmp_path, FakeSource(rows=1000, slices=23)) as story:
        assert ids(story.handover.batches()) == list(range(1000))
        story.thread.join(PATIENCE_SECONDS)
    assert story.raised == []


def test_a_run_waits_a_few_slices_ahead_of_whoever_reads(tmp_path: Path) -> None:
    with running_story(tmp_path, FakeSource(rows=1000, slices=20)) as story:
        until(lambda: story.committed == SLICES_AHEAD)
        time.sleep(0.2)
        assert story.committed == SLICES_AHEAD
        batches = story.handover.batches()
        seen: list[int] = []
        while len(seen) <= 50:
            seen += next(batches).column("id").to_pylist()
        until(lambda: story.committed == SLICES_AHEAD + 1)
        assert seen == list(range(len(seen)))


def test_a_slice_that_breaks_on_the_way_is_handed_over_once(tmp_path: Path) -> None:
    source = FakeSource(rows=100, slices=5)
    source.faults["20-40"] = [Unreachable("gone", "The line broke."), Unreachable("gone", "The line broke.")]
    with running_story(tmp_path, source) as story:
        assert ids(story.handover.batches()) == list(range(100))


def test_halves_take_the_place_of_a_slice_that_is_too_large(tmp_path: Path) -> None:
    source = FakeSource(rows=100, slices=5)
    source.faults["0-20"] = [SliceTooLarge("slice_too_large", "Too much.")]
    with running_story(tmp_path, source) as story:
        assert ids(story.handover.batches()) == list(range(100))


def test_a_run_that_is_told_to_stop_gives_nothing_more(tmp_path: Path) -> None:
    with running_story(tmp_path, FakeSource(rows=1000, slices=20)) as story:
        batches = story.handover.batches()
        next(batches)
        story.handover.halt.set()
        story.thread.join(PATIENCE_SECONDS)
        assert len(ids(batches)) < 1000
    assert [type(problem) for problem in story.raised] == [Halted]


@pytest.fixture
def asked(app: App) -> Run:
    return export_runs.start(app, local_actor("program"), Export("visitors", "Production", READER))


def stored(app: App, asked: Run) -> Run:
    with app.database.read() as tx:
        found = runs.get(tx, asked.id)
    assert found
    return found


def test_a_run_that_was_read_is_recorded_like_any_other(app: App, worker: Worker, asked: Run, pendo: Pendo) -> None:
    rows = worker.stream(asked.id).read_all().num_rows
    run = stored(app, asked)
    assert (run.state, run.rows_written, run.target) == (RunState.FINISHED, rows, READER)
    assert rows == pendo.expected("visitors").rows


def test_letting_go_of_the_reader_cancels_the_run(app: App, worker: Worker, asked: Run) -> None:
    reader = worker.stream(asked.id)
    del reader
    assert stored(app, asked).state is RunState.CANCELLED


def test_a_run_ends_for_good_with_its_program(app: App, worker: Worker, asked: Run) -> None:
    reader = worker.stream(asked.id)
    worker.close()
    with pytest.raises(PendantError) as raised:
        reader.read_all()
    assert raised.value.code == "cancelled"
    assert stored(app, asked).state is RunState.CANCELLED


def test_what_goes_wrong_is_raised_by_the_reader(app: App, worker: Worker, asked: Run, pendo: Pendo) -> None:
    pendo.faults.add("forbidden", path="/api/v1/aggregation", times=None)
    with pytest.raises(PendantError, match="answered 403"):
        worker.stream(asked.id).read_all()
    assert stored(app, asked).state is RunState.FAILED


def test_a_run_whose_program_is_gone_says_so(worker: Worker, asked: Run) -> None:
    run = worker.run_now(asked.id, lambda _: None)
    assert (run.state, run.error_code) == (RunState.FAILED, "reader_gone")
