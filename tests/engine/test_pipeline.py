"""One pipeline moves records: exactly, in order, whatever fails on the way, or not at all."""

from __future__ import annotations

import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.fakes import SCHEMA, FakeSource, MemoryLedger, Watched
from pendant.connectors.destinations import open_destination
from pendant.engine.halt import Halt, Halted
from pendant.engine.meter import Tally
from pendant.engine.pipeline import Job, run
from pendant.engine.slices import RETRIES_MAX, Ends
from pendant.errors import (
    BrokenAnswer,
    CredentialsRefused,
    RemoteProblem,
    ServerTrouble,
    SetupProblem,
    SliceTooLarge,
    Unreachable,
)
from pendant.model.clock import SettableClock
from pendant.model.export import Export
from pendant.model.pipeline import Written
from pendant.model.run import SliceState
from pendant.transform.sql import transformation

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LONG_AGO = 1_600_000_000_000
HOUR = 3_600_000


class Story:
    """A run from a fake source to a real Parquet file."""

    def __init__(self, folder: Path, source: FakeSource, *, concurrency: int = 3, limit: int = 0, **asked: str) -> None:
        self.target = folder / "out.parquet"
        self.source = source
        self.ledger = MemoryLedger()
        self.halt = Halt()
        self.pauses: list[float] = []
        self.clock = SettableClock(NOW)
        self.tally = Tally(self.clock)
        export = Export("numbers", "fake", str(self.target))
        destination = open_destination(export, run_id="run-1", may_replace=True)
        ends = Ends(source, transformation(SCHEMA, **asked), Watched(destination, self.ledger.events))
        self.job = Job(
            ends,
            self.ledger,
            self.tally,
            self.halt,
            self.clock,
            concurrency=concurrency,
            limit=limit,
            pause=self.pauses.append,
        )

    def run(self) -> Written:
        return run(self.job)

    def fails(self, kind: type[BaseException]) -> BaseException:
        """Run it, and see that nothing is left but what was there before."""
        before = self.target.read_bytes() if self.target.exists() else None
        with pytest.raises(kind) as raised:
            self.run()
        assert [entry.name for entry in self.target.parent.iterdir() if entry.name.startswith(".")] == []
        assert (self.target.read_bytes() if self.target.exists() else None) == before
        assert self.ledger.events[-1] == ("discard", "")
        return raised.value

    @property
    def ids(self) -> list[int]:
        return pq.read_table(self.target)["id"].to_pylist()


@pytest.mark.parametrize("concurrency", [1, 3, 9])
def test_all_rows_arrive_once_and_in_order(concurrency: int, tmp_path: Path) -> None:
    story = Story(tmp_path, FakeSource(rows=1000, slices=7), concurrency=concurrency)
    assert story.run().rows == 1000
    assert story.ids == list(range(1000))
    assert story.tally.counted.rows_read == story.tally.counted.rows_written == 1000


def test_a_checkpoint_is_taken_after_the_slice_is_stored_and_before_anything_is_shown(tmp_path: Path) -> None:
    story = Story(tmp_path, FakeSource(slices=3), concurrency=3)
    story.run()
    events = story.ledger.events
    for key in story.ledger.records:
        assert events.index(("stored", key)) < events.index(("committed", key))
    assert events[0][0] == "planned"
    assert events[-1] == ("publish", "0-33,33-66,66-100")


def test_what_is_kept_of_a_slice_says_what_was_read_written_and_expected(tmp_path: Path) -> None:
    story = Story(tmp_path, FakeSource(slices=2), filter="id % 2 = 0")
    story.run()
    record = story.ledger.records["0-50"]
    assert (record.state, record.rows_read, record.rows_written, record.rows_expected) == (
        SliceState.COMMITTED,
        50,
        25,
        50,
    )


def test_a_slice_that_is_too_large_is_split_and_its_halves_take_its_place(tmp_path: Path) -> None:
    story = Story(tmp_path, FakeSource(rows=100, slices=2, rows_max=20), concurrency=2)
    story.run()
    assert story.ids == list(range(100))
    assert ("split", "0-50") in story.ledger.events
    assert {key for event, key in story.ledger.events if event == "committed"} == {
        *("0-12", "12-25", "25-37", "37-50", "50-62", "62-75", "75-87", "87-100")
    }


def test_a_slice_that_cannot_be_split_fails_the_run(tmp_path: Path) -> None:
    assert Story(tmp_path, FakeSource(rows=4, slices=1, rows_max=0)).fails(SliceTooLarge)


@pytest.mark.parametrize("kind", [BrokenAnswer, Unreachable, ServerTrouble])
def test_a_slice_that_breaks_is_read_again_after_ever_longer_pauses(kind: type[RemoteProblem], tmp_path: Path) -> None:
    faults = {"25-50": [kind("broken", "The answer broke off.") for _ in range(3)]}
    story = Story(tmp_path, FakeSource(faults=faults))
    story.run()
    assert story.ids == list(range(100))
    assert story.pauses == [1, 2, 4]
    assert story.tally.counted.retries == 3
    assert story.tally.counted.rows_read == 100
    assert story.tally.counted.rows_written == 100


def test_a_slice_that_breaks_too_often_fails_the_run(tmp_path: Path) -> None:
    faults = {"0-25": [BrokenAnswer("broken", "The answer broke off.") for _ in range(RETRIES_MAX + 1)]}
    story = Story(tmp_path, FakeSource(faults=faults), concurrency=1)
    assert story.fails(BrokenAnswer)
    assert story.source.attempts["0-25"] == RETRIES_MAX + 1
    assert len(story.pauses) == RETRIES_MAX


def test_a_refused_key_fails_the_run_at_once(tmp_path: Path) -> None:
    story = Story(tmp_path, FakeSource(faults={"50-75": [CredentialsRefused("key_refused", "Not this key.")]}))
    story.target.write_text("what was there before")
    assert story.fails(CredentialsRefused)
    assert story.pauses == []


def test_an_error_nobody_expected_passes_as_it_is(tmp_path: Path) -> None:
    problem = Story(tmp_path, FakeSource(faults={"0-25": [ZeroDivisionError("a bug")]})).fails(ZeroDivisionError)
    assert str(problem) == "a bug"


def test_a_result_that_cannot_be_shown_fails_the_run_and_leaves_nothing(tmp_path: Path) -> None:
    story = Story(tmp_path, FakeSource())
    story.source.before_batch = lambda _: story.target.mkdir(exist_ok=True)
    with pytest.raises(SetupProblem) as raised:
        story.run()
    assert raised.value.code == "disk_error"
    assert list(tmp_path.iterdir()) == [story.target]


def test_rows_that_came_while_reading_are_no_difference(tmp_path: Path) -> None:
    story = Story(tmp_path, FakeSource(miscounts={"0-25": [-1]}))
    story.run()
    assert story.source.attempts["0-25"] == 1
    assert story.ledger.records["0-25"].rows_expected == 25


def test_a_slice_with_rows_missing_is_read_again(tmp_path: Path) -> None:
    story = Story(tmp_path, FakeSource(lost={"0-25": [3]}))
    story.run()
    assert story.ids == list(range(100))
    assert story.source.attempts["0-25"] == 2
    assert story.tally.counted.rows_read == 100


def test_rows_missing_twice_fail_the_run(tmp_path: Path) -> None:
    story = Story(tmp_path, FakeSource(lost={"0-25": [3, 3]}, upper_of=lambda upper: LONG_AGO + upper))
    problem = story.fails(RemoteProblem)
    assert isinstance(problem, RemoteProblem)
    assert problem.code == "rows_differ"
    assert "22" in problem.message
    assert "25" in problem.message


@pytest.mark.parametrize("upper", [int(NOW.timestamp() * 1000) - 7 * HOUR, [int(NOW.timestamp() * 1000), "v7"], "id-9"])
def test_rows_missing_from_young_data_are_a_note(upper: object, tmp_path: Path) -> None:
    story = Story(tmp_path, FakeSource(lost={"0-25": [3, 3]}, upper_of=lambda _: upper))
    story.run()
    (note,) = story.tally.notes
    assert note.code == "rows_differ"
    record = story.ledger.records["0-25"]
    assert (record.rows_read, record.rows_expected) == (22, 25)


def test_a_count_that_cannot_be_asked_is_a_note_and_not_a_failure(tmp_path: Path) -> None:
    class Uncounted(FakeSource):
        def count(self, part: object) -> int | None:
            raise ServerTrouble("busy", "It is too busy to count.")

    story = Story(tmp_path, Uncounted(slices=3))
    assert story.run().rows == 100
    (note,) = story.tally.notes
    assert (note.code, note.count) == ("count_unavailable", 3)


@pytest.mark.parametrize("limit", [1, 25, 30, 99, 100, 1000])
def test_a_limit_counts_rows_over_all_slices(limit: int, tmp_path: Path) -> None:
    story = Story(tmp_path, FakeSource(), limit=limit)
    story.run()
    assert story.ids == list(range(min(limit, 100)))
    assert len(story.source.attempts) == -(-min(limit, 100) // 25)


def test_a_limit_counts_the_rows_that_are_left_by_the_filter(tmp_path: Path) -> None:
    story = Story(tmp_path, FakeSource(rows_max=20), limit=10, filter="id >= 40")
    story.run()
    assert story.ids == list(range(40, 50))


def test_a_limit_reads_hardly_more_than_it_needs(tmp_path: Path) -> None:
    story = Story(tmp_path, FakeSource(rows=100_000, slices=1), limit=10)
    story.run()
    assert story.source.batches_given < 10


def test_a_limit_survives_a_slice_that_breaks(tmp_path: Path) -> None:
    faults = {"25-50": [BrokenAnswer("broken", "The answer broke off.")]}
    story = Story(tmp_path, FakeSource(faults=faults), limit=40)
    story.run()
    assert story.ids == list(range(40))


def test_a_run_that_is_told_to_stop_leaves_nothing(tmp_path: Path) -> None:
    story = Story(tmp_path, FakeSource(rows=100_000, slices=2))
    story.source.before_batch = lambda part: story.halt.set() if part.lower else None
    story.fails(Halted)
    assert story.source.batches_given < 1000


def test_a_run_that_is_told_to_stop_does_not_wait_for_a_silent_source(tmp_path: Path) -> None:
    silence = threading.Event()
    story = Story(tmp_path, FakeSource(before_batch=lambda _: silence.wait(20) and None))
    threading.Timer(0.2, story.halt.set).start()
    started = time.monotonic()
    story.fails(Halted)
    silence.set()
    assert time.monotonic() - started < 5


def test_a_failing_slice_stops_the_others(tmp_path: Path) -> None:
    source = FakeSource(rows=1_000_000, slices=2, faults={"0-500000": [CredentialsRefused("key_refused", "No.")]})
    Story(tmp_path, source).fails(CredentialsRefused)
    assert source.batches_given < 10_000


def test_the_source_is_never_far_ahead_of_the_destination(tmp_path: Path) -> None:
    """Memory is bounded by a few batches, however slow the writing is."""
    story = Story(tmp_path, FakeSource(rows=500, slices=1), concurrency=1)
    seen: list[int] = []
    passing = story.job.ends.transformation.apply

    class Slow:
        schema = SCHEMA

        def apply(self, batches):  # type: ignore[no-untyped-def] # as its neighbour
            for number, batch in enumerate(passing(batches), start=1):
                time.sleep(0.002)
                seen.append(story.source.batches_given - number)
                yield batch

    slow = Job(
        Ends(story.source, Slow(), story.job.ends.destination),
        story.ledger,
        story.tally,
        story.halt,
        story.clock,
        concurrency=1,
    )
    assert run(slow).rows == 500
    assert max(seen) <= 4


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(0, 120),
    slices=st.integers(1, 6),
    batch_rows=st.integers(1, 40),
    rows_max=st.integers(1, 60),
    concurrency=st.integers(1, 4),
    breaks=st.dictionaries(st.integers(0, 5), st.integers(1, RETRIES_MAX), max_size=3),
)
def test_every_row_arrives_once_whatever_breaks_on_the_way(
    *, rows: int, slices: int, batch_rows: int, rows_max: int, concurrency: int, breaks: dict[int, int]
) -> None:
    source = FakeSource(rows=rows, slices=slices, batch_rows=batch_rows, rows_max=rows_max)
    for number, times in breaks.items():
        key = source.plan()[number % slices].key
        source.faults[key] = [BrokenAnswer("broken", "The answer broke off.") for _ in range(times)]
    with tempfile.TemporaryDirectory() as folder:
        story = Story(Path(folder), source, concurrency=concurrency)
        assert story.run().rows == rows
        assert story.ids == list(range(rows))
