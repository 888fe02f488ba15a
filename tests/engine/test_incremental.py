"""Incremental runs against a simulator in which events arrive late and rows are counted anew."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from pendant.app import App, open_app
from pendant.engine.worker import Worker
from pendant.errors import Conflict, WrongInput
from pendant.model.access import local_actor
from pendant.model.clock import SettableClock
from pendant.model.connection import Draft
from pendant.model.export import Delays, Export, Mode, StoredExport
from pendant.model.pipeline import LoadMode
from pendant.model.run import Run, RunState
from pendant.services import connections, export_plans, export_runs, exports
from pendant.settings import Settings
from pendosim import Pendo, running

# A few hours before clocks go forward in New York, on 10 March 2024; they go back on 3 November.
SPRING = datetime(2024, 3, 9, 20, tzinfo=UTC)
AUTUMN = datetime(2024, 11, 2, 20, tzinfo=UTC)
DAY = timedelta(days=1)
OWNER = local_actor()
NEW_YORK = ZoneInfo("America/New_York")


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def midnight(at: datetime) -> int:
    """Return the first beginning of a day in New York that is not before `at`."""
    day = at.astimezone(NEW_YORK).replace(hour=0, minute=0, second=0, microsecond=0)
    return ms(day if day == at else day + DAY)


class Journey:
    """One subscription and one installation whose clocks move together."""

    def __init__(self, app: App, clock: SettableClock, pendo: Pendo, worker: Worker, folder: Path) -> None:
        self.app = app
        self.clock = clock
        self.pendo = pendo
        self.worker = worker
        self.target = folder / "events.duckdb"

    def store(self, name: str = "Events", **more: Any) -> StoredExport:
        asked = {"mode": Mode.INCREMENTAL, "last": "10d"} | more
        export = Export("trackEvents", "Production", f"{self.target}#events", **asked)
        return exports.create(self.app, OWNER, name, export).stored

    def pass_time(self, by: timedelta) -> None:
        self.clock.advance(by.total_seconds())
        self.pendo.clock.advance(by.total_seconds())

    def track(self, visitor: str, at: datetime) -> None:
        event = {"type": "track", "event": "Late", "visitorId": visitor, "accountId": "a", "timestamp": ms(at)}
        request = urllib.request.Request(f"{self.pendo.data}/data/track", json.dumps(event).encode())
        request.add_header("Content-Type", "application/json")
        request.add_header("x-pendo-integration-key", self.pendo.track_secret)
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200

    def run(self, name: str = "Events") -> Run:
        return self._ended(export_runs.run(self.app, OWNER, name))

    def backfill(self, since: datetime, until: datetime) -> Run:
        return self._ended(export_runs.backfill(self.app, OWNER, "Events", since=since, until=until))

    def _ended(self, queued: Run) -> Run:
        run = self.worker.run_now(queued.id, lambda _: None)
        assert run.state is RunState.FINISHED, run.reason
        return run

    def rows(self) -> tuple[int, int]:
        with duckdb.connect(str(self.target), read_only=True) as database:
            found = database.execute("SELECT count(*), coalesce(sum(numEvents), 0) FROM events").fetchall()
        return found[0]

    def truth(self) -> tuple[int, int]:
        """Return rows and events of everything the export has come past."""
        at = exports.get(self.app, OWNER, "Events").position
        assert at
        found = self.pendo.expected("trackEvents", since=midnight(at.began), until=midnight(at.position))
        assert found.num_events is not None
        return found.rows, found.num_events


@pytest.fixture(params=[SPRING, AUTUMN], ids=["spring", "autumn"])
def journey(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Iterator[Journey]:
    clock = SettableClock(request.param)
    options = {"visitors": 40, "accounts": 4, "days": 12, "events_per_day": 40, "seed": 7}
    with (
        running(now=ms(request.param), timezone="America/New_York", **options) as pendo,
        open_app(settings, clock) as app,
    ):
        draft = Draft("Production", "pendo", "engage", region="custom", base_uri=pendo.api)
        connections.create(app, OWNER, draft, pendo.key, test=False)
        worker = Worker(app)
        yield Journey(app, clock, pendo, worker, tmp_path)
        worker.close()


def test_after_late_events_and_restated_rows_nothing_is_missing_and_nothing_is_double(journey: Journey) -> None:
    journey.store()
    first = journey.run()
    assert first.rows_restated is None
    assert journey.rows() == journey.truth()
    assert journey.rows()[0] > 0

    came_late = journey.clock.now() - DAY - timedelta(hours=4)
    for visitor in ("late-1", "late-2", "late-3"):
        journey.track(visitor, came_late)
    journey.pass_time(DAY)
    second = journey.run()
    assert journey.rows() == journey.truth()
    assert second.rows_restated == 3
    assert {span.reading.value for span in second.windows} >= {"again", "new"}

    journey.track("late-1", came_late)
    journey.track("late-2", came_late)
    journey.pass_time(timedelta(hours=1))
    third = journey.run()
    assert journey.rows() == journey.truth()
    assert third.rows_restated == 2, "rows that count one event more are restated, although none was added"

    journey.pass_time(timedelta(hours=1))
    assert journey.run().rows_restated == 0


def test_what_changes_after_the_look_back_is_found_by_the_final_pass(journey: Journey) -> None:
    journey.store(delays=Delays(horizon_hours=8, lookback_days=1, final_days=5))
    journey.run()
    came_late = journey.clock.now() - DAY
    journey.pass_time(3 * DAY)
    journey.run()
    journey.track("very-late", came_late)
    assert journey.run().rows_restated == 0
    assert journey.rows() != journey.truth()
    journey.pass_time(4 * DAY)
    final = journey.run()
    assert final.rows_restated == 1
    assert journey.rows() == journey.truth()


@pytest.mark.parametrize("journey", [SPRING], indirect=True, ids=["spring"])
class TestPosition:
    def test_a_run_that_fails_moves_nothing(self, journey: Journey) -> None:
        journey.store()
        journey.run()
        before = exports.get(journey.app, OWNER, "Events").position
        journey.pass_time(DAY)
        key = journey.pendo.keys.named("key")
        key.revoked = True
        queued = export_runs.run(journey.app, OWNER, "Events")
        assert journey.worker.run_now(queued.id, lambda _: None).state is RunState.FAILED
        assert exports.get(journey.app, OWNER, "Events").position == before
        key.revoked = False
        journey.run()
        assert journey.rows() == journey.truth()

    def test_a_backfill_repairs_the_past_and_leaves_the_position(self, journey: Journey) -> None:
        journey.store()
        journey.run()
        before = exports.get(journey.app, OWNER, "Events").position
        assert before
        with duckdb.connect(str(journey.target)) as database:
            database.execute("DELETE FROM events WHERE day < ?", [before.position - 4 * DAY])
        assert journey.rows() != journey.truth()
        run = journey.backfill(before.began, before.position - 3 * DAY)
        assert run.export_name == "Events"
        assert journey.rows() == journey.truth()
        assert exports.get(journey.app, OWNER, "Events").position == before

    def test_a_clock_that_goes_back_loses_nothing(self, journey: Journey) -> None:
        journey.store()
        journey.run()
        before = journey.rows(), exports.get(journey.app, OWNER, "Events").position
        journey.clock.set_back(5 * 86_400)
        journey.run()
        after = exports.get(journey.app, OWNER, "Events").position
        assert before[1]
        assert after
        assert (journey.rows(), after.position) == (before[0], before[1].position)

    def test_a_target_that_is_gone_is_not_begun_with_the_last_days(self, journey: Journey) -> None:
        journey.store()
        journey.run()
        journey.target.unlink()
        queued = export_runs.run(journey.app, OWNER, "Events")
        run = journey.worker.run_now(queued.id, lambda _: None)
        assert (run.state, run.error_code) == (RunState.FAILED, "target_gone")
        exports.reset_position(journey.app, OWNER, "Events")
        journey.run()
        assert journey.rows() == journey.truth()

    def test_the_position_can_be_set_back_but_not_ahead(self, journey: Journey) -> None:
        journey.store()
        journey.run()
        at = exports.get(journey.app, OWNER, "Events").position
        assert at
        back = exports.reset_position(journey.app, OWNER, "Events", to=at.position - 2 * DAY).position
        assert back
        assert back.position == at.position - 2 * DAY
        journey.run()
        assert journey.rows() == journey.truth()
        with pytest.raises(WrongInput) as refused:
            exports.reset_position(journey.app, OWNER, "Events", to=at.position + DAY)
        assert refused.value.code == "position_ahead"

    def test_another_target_begins_anew(self, journey: Journey) -> None:
        stored = journey.store()
        journey.run()
        journey.target = journey.target.with_name("other.duckdb")
        moved = Export("trackEvents", "Production", f"{journey.target}#events", mode=Mode.INCREMENTAL, last="10d")
        saved = exports.replace(journey.app, OWNER, stored.id, "Events", moved, version=1)
        assert saved.position_forgotten
        journey.run()
        assert journey.rows() == journey.truth()
        with pytest.raises(Conflict) as late:
            exports.replace(journey.app, OWNER, stored.id, "Events", moved, version=1)
        assert late.value.code == "version_changed"

    def test_the_plan_says_what_the_run_then_does_and_reads_nothing(self, journey: Journey) -> None:
        journey.store()
        journey.run()
        journey.pass_time(DAY)
        plan = export_plans.plan(journey.app, OWNER, "Events")
        assert plan.load is LoadMode.SLICES
        run = journey.run()
        assert run.windows == plan.windows
        assert plan.rows == run.rows_read
        assert len(plan.slices) == run.slices_total
        position = exports.get(journey.app, OWNER, "Events").position
        assert position
        assert plan.position_after
        assert plan.position_after.position == position.position
