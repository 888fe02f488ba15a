from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pendant.errors import NotFound, WrongInput
from pendant.model.clock import SettableClock
from pendant.model.run import Note, Run, RunState, Slice, SliceRecord, SliceState
from pendant.store import runs
from pendant.store.database import Database


@pytest.fixture
def run(clock: SettableClock) -> Run:
    return Run(
        id="5f2c-1",
        kind="export",
        resource="visitors",
        connection_id="c1",
        connection_name="Production",
        target="/data/visitors.parquet",
        definition={"resource": "visitors", "apps": ["-323"], "limit": 0},
        actor="alice",
        created_at=clock.now(),
    )


def test_a_run_comes_back_as_it_was_stored_and_saved(database: Database, run: Run, clock: SettableClock) -> None:
    later = replace(
        run,
        state=RunState.FINISHED,
        started_at=clock.now(),
        finished_at=clock.now() + timedelta(seconds=3),
        rows_read=2**40,
        rows_expected=7,
        bytes_read=2**42,
        notes=(Note("late", "one event came late", 3), Note("odd", "an odd value")),
    )
    with database.begin() as tx:
        runs.insert(tx, run)
        assert runs.get(tx, run.id) == run
        runs.save(tx, later)
    with database.read() as tx:
        assert runs.get(tx, run.id) == later


def test_saving_a_run_that_is_not_there_is_an_error(database: Database, run: Run) -> None:
    with pytest.raises(NotFound), database.begin() as tx:
        runs.save(tx, run)


def test_a_run_is_found_by_the_beginning_of_its_id(database: Database, run: Run) -> None:
    with database.begin() as tx:
        for name in ("5f2c-1", "5f2c-12", "77aa", "8%"):
            runs.insert(tx, replace(run, id=name))
        assert runs.get(tx, "77").id == "77aa"
        assert runs.get(tx, "5f2c-1").id == "5f2c-1"
        assert runs.get(tx, "5f2c-12").id == "5f2c-12"
        assert runs.get(tx, "8%").id == "8%"
        assert runs.get(tx, "%") is None
        assert runs.get(tx, "") is None
        with pytest.raises(WrongInput) as problem:
            runs.get(tx, "5f")
    assert problem.value.code == "run_ambiguous"


def test_the_newest_runs_come_first_and_can_be_narrowed(database: Database, run: Run, clock: SettableClock) -> None:
    with database.begin() as tx:
        for number in range(5):
            at = clock.now() + timedelta(minutes=number)
            state = RunState.FAILED if number == 3 else RunState.QUEUED
            runs.insert(tx, replace(run, id=str(number), created_at=at, connection_id=f"c{number % 2}", state=state))
        assert [found.id for found in runs.recent(tx)] == ["4", "3", "2", "1", "0"]
        assert [found.id for found in runs.recent(tx, limit=2)] == ["4", "3"]
        assert [found.id for found in runs.recent(tx, connection_id="c1")] == ["3", "1"]
        assert [found.id for found in runs.recent(tx, state=RunState.FAILED)] == ["3"]


def test_runs_that_have_not_ended_use_their_connection(database: Database, run: Run) -> None:
    with database.begin() as tx:
        for state in RunState:
            runs.insert(tx, replace(run, id=state.value, state=state))
        runs.insert(tx, replace(run, id="other", connection_id="c2"))
        assert {found.id for found in runs.using(tx, "c1")} == {"queued", "running", "waiting"}


@pytest.mark.parametrize(
    ("change", "wrote"),
    [
        ({"state": RunState.FINISHED}, True),
        ({"state": RunState.FINISHED_WITH_ERRORS}, True),
        ({"state": RunState.FAILED}, False),
        ({"state": RunState.RUNNING}, False),
        ({"state": RunState.FINISHED, "resource": "accounts"}, False),
        ({"state": RunState.FINISHED, "connection_id": "c2"}, False),
        ({"state": RunState.FINISHED, "target": "/data/other.parquet"}, False),
    ],
)
def test_only_a_finished_run_of_the_same_export_wrote_a_target(
    database: Database, run: Run, change: dict[str, Any], *, wrote: bool
) -> None:
    with database.begin() as tx:
        runs.insert(tx, replace(run, **change))
        assert runs.wrote_target(tx, "/data/visitors.parquet", "visitors", "c1") is wrote


def test_slices_keep_their_order_values_and_states(database: Database, run: Run) -> None:
    planned = [
        SliceRecord(Slice("d1", 1_700_000_000_000, 1_700_086_400_000, "14 Nov")),
        SliceRecord(Slice("a", {"after": 'x"\\'}, None), rows_expected=9),
        SliceRecord(Slice("0", "é", [1, 2])),
    ]
    with database.begin() as tx:
        runs.insert(tx, run)
        runs.put_slices(tx, run.id, planned)
        assert runs.slices(tx, run.id) == planned
        done = replace(planned[0], state=SliceState.COMMITTED, rows_read=5, rows_written=4)
        runs.save_slice(tx, run.id, done)
        assert runs.slices(tx, run.id) == [done, *planned[1:]]


def test_putting_slices_again_replaces_them_by_key_and_adds_the_new_ones_last(database: Database, run: Run) -> None:
    whole = SliceRecord(Slice("whole", 0, 10))
    halves = [SliceRecord(Slice("left", 0, 5)), SliceRecord(Slice("right", 5, 10))]
    with database.begin() as tx:
        runs.insert(tx, run)
        runs.put_slices(tx, run.id, [])
        runs.put_slices(tx, run.id, [whole])
        runs.save_slice(tx, run.id, replace(whole, state=SliceState.SPLIT))
        runs.put_slices(tx, run.id, halves)
        assert [record.slice.key for record in runs.slices(tx, run.id)] == ["whole", "left", "right"]
        runs.put_slices(tx, run.id, [*halves[::-1], whole])
        assert runs.slices(tx, run.id) == [*halves[::-1], whole]


def test_a_slice_that_was_not_planned_can_be_saved(database: Database, run: Run) -> None:
    with database.begin() as tx:
        runs.insert(tx, run)
        runs.save_slice(tx, run.id, SliceRecord(Slice("late", 1, 2)))
        assert [record.slice.key for record in runs.slices(tx, run.id)] == ["late"]


def test_the_definition_of_a_run_is_not_in_its_repr(run: Run) -> None:
    assert "-323" not in repr(run)
