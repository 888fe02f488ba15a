"""One subscription, four targets, and a time zone whose clocks change: late, restated, failed, finished, backfilled."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pendant.app import App, open_app
from pendant.engine.worker import Worker
from pendant.model.access import local_actor
from pendant.model.clock import SettableClock
from pendant.model.connection import Draft
from pendant.model.export import Delays, Export, Mode, Position
from pendant.model.run import Run, RunState
from pendant.services import connections, export_runs, exports
from pendant.settings import Settings
from pendosim import Pendo, running
from pendosim.aggregation.pipeline import pipeline_of
from postgresql_server import Server

OWNER = local_actor()
DAY = timedelta(days=1)
TARGETS = ("duckdb", "sqlite", "postgresql", "folder")
NAMES = ("day", "visitorId", "accountId", "pageId", "remoteIp", "userAgent", "numEvents")
# A few hours before the clocks there change, and where they never do.
BEFORE_CHANGE = {
    "spring in New York": ("America/New_York", datetime(2024, 3, 9, 20, tzinfo=UTC)),
    "autumn in New York": ("America/New_York", datetime(2024, 11, 2, 20, tzinfo=UTC)),
    "autumn in Adelaide": ("Australia/Adelaide", datetime(2024, 4, 6, 9, tzinfo=UTC)),
    "spring in Adelaide": ("Australia/Adelaide", datetime(2024, 10, 5, 9, tzinfo=UTC)),
    "Kolkata": ("Asia/Kolkata", datetime(2024, 3, 9, 20, tzinfo=UTC)),
}


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


class Everywhere:
    """The same export into every kind of target; their clocks and the subscription's move together."""

    def __init__(self, app: App, clock: SettableClock, pendo: Pendo, folder: Path) -> None:
        self.app = app
        self.clock = clock
        self.pendo = pendo
        self.folder = folder
        self.table = "".join(filter(str.isalnum, folder.name))[-40:]
        self.worker = Worker(app)
        for name in TARGETS:
            export = Export(
                "pageEvents",
                "Production",
                self.target(name),
                mode=Mode.INCREMENTAL,
                last="6d",
                delays=Delays(horizon_hours=8, lookback_days=2, final_days=5),
            )
            exports.create(app, OWNER, name, export)

    def target(self, name: str) -> str:
        elsewhere = {"postgresql": f"postgresql:warehouse#public.{self.table}", "folder": f"{self.folder}/days/"}
        return elsewhere.get(name, f"{self.folder}/out.{name}#rows")

    def pass_time(self, by: timedelta) -> None:
        self.clock.advance(by.total_seconds())
        self.pendo.clock.advance(by.total_seconds())

    def comes_late(self, visitor: str, ago: timedelta) -> None:
        self.pendo.add_events([{"kind": "page", "visitorId": visitor, "time": ms(self.clock.now() - ago)}])

    def restated(self, events: int, ago: timedelta) -> None:
        since = self.clock.now() - ago
        self.pendo.restate(since=ms(since), until=ms(since + DAY), events=events)

    def run(self, state: RunState = RunState.FINISHED) -> list[Run]:
        return [self._ended(export_runs.run(self.app, OWNER, name), state) for name in TARGETS]

    def backfill(self, ago: timedelta, days: int) -> None:
        since = self.clock.now() - ago
        for name in TARGETS:
            queued = export_runs.backfill(self.app, OWNER, name, since=since, until=since + days * DAY)
            self._ended(queued, RunState.FINISHED)

    def _ended(self, queued: Run, state: RunState) -> Run:
        run = self.worker.run_now(queued.id, lambda _: None)
        assert run.state is state, run.reason
        return run

    def is_exact(self) -> bool:
        """Tell whether every target holds each row that it has come past, once, and nothing else."""
        truth = self.truth()
        exact = {name: self.rows(name) == truth != [] for name in TARGETS}
        assert len(set(exact.values())) == 1, exact
        return exact["duckdb"]

    def positions(self) -> list[Position]:
        return [at for name in TARGETS if (at := exports.get(self.app, OWNER, name).position)]

    def truth(self) -> list[tuple[Any, ...]]:
        (at,) = {(one.began, one.position) for one in self.positions()}
        began, position = at
        series = {"period": "dayRange", "first": ms(began - 2 * DAY), "last": ms(position + 2 * DAY)}
        source = {"source": {"pageEvents": {"appId": 'expandAppIds("*")'}, "timeSeries": series}}
        world = self.pendo.world
        rows = pipeline_of([source], world, world.environment()).rows()
        return sorted(tuple(row[column] for column in NAMES) for row in rows if ms(began) <= row["day"] < ms(position))

    def rows(self, name: str) -> list[tuple[Any, ...]]:
        columns = ", ".join(f'"{column}"' for column in NAMES)
        return sorted((day_ms(day), *rest) for day, *rest in getattr(self, f"_in_{name}")(columns))

    def _in_duckdb(self, columns: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "out.duckdb"), read_only=True) as database:
            return [
                tuple(row.values()) for row in database.sql(f"SELECT {columns} FROM rows").to_arrow_table().to_pylist()
            ]

    def _in_sqlite(self, columns: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "out.sqlite")) as database:
            return database.execute(f"SELECT {columns} FROM rows").fetchall()

    def _in_postgresql(self, columns: str) -> list[tuple[Any, ...]]:
        warehouse = connections.get(self.app, OWNER, "Warehouse")
        with self.app.egress.postgresql(warehouse) as opened, opened.cursor() as cursor:
            cursor.execute(f'SELECT {columns} FROM "{self.table}"')
            return [tuple(row.values()) for row in cursor.fetch_arrow_table().to_pylist()]

    def _in_folder(self, _: str) -> list[tuple[Any, ...]]:
        tables = [pq.ParquetFile(path).read() for path in (self.folder / "days").glob("date=*/*.parquet")]
        whole = pa.concat_tables(tables).select(list(NAMES)) if tables else pa.table({})
        return [tuple(row.values()) for row in whole.to_pylist()]


def day_ms(day: Any) -> int:
    return ms(datetime.fromisoformat(day) if isinstance(day, str) else day)


@pytest.fixture(params=BEFORE_CHANGE.values(), ids=BEFORE_CHANGE.keys())
def everywhere(
    request: pytest.FixtureRequest, settings: Settings, tmp_path: Path, postgresql: Server
) -> Iterator[Everywhere]:
    zone, moment = request.param
    clock = SettableClock(moment)
    options = {"visitors": 20, "accounts": 4, "days": 12, "events_per_day": 25, "seed": 7}
    with running(now=ms(moment), timezone=zone, **options) as pendo, open_app(settings, clock) as app:
        draft = Draft("Production", "pendo", "engage", region="custom", base_uri=pendo.api)
        connections.create(app, OWNER, draft, pendo.key, test=False)
        warehouse = Draft("Warehouse", "postgresql", base_uri=postgresql.address)
        connections.create(app, OWNER, warehouse, postgresql.password, test=False)
        opened = Everywhere(app, clock, pendo, tmp_path)
        yield opened
        opened.worker.close()


def test_whatever_comes_late_or_changes_every_target_ends_up_exact(everywhere: Everywhere) -> None:
    everywhere.run()
    assert everywhere.is_exact()

    everywhere.comes_late("late", timedelta(hours=30))
    everywhere.restated(7, ago=timedelta(hours=40))
    everywhere.pass_time(DAY)
    everywhere.pendo.faults.add("forbidden", source="pageEvents", nth=3, times=None)
    everywhere.run(RunState.FAILED)
    everywhere.pendo.faults.clear()
    for run in everywhere.run():
        assert run.rows_restated
    assert everywhere.is_exact()

    everywhere.restated(-5, ago=timedelta(hours=40))
    everywhere.pass_time(timedelta(hours=3))
    everywhere.run()
    assert everywhere.is_exact()

    everywhere.comes_late("very late", timedelta(days=3, hours=12))
    everywhere.run()
    assert not everywhere.is_exact(), "older than the look-back"
    everywhere.pass_time(4 * DAY)
    everywhere.run()
    assert everywhere.is_exact(), "read once more when it is final"

    everywhere.comes_late("too late", timedelta(days=7))
    everywhere.run()
    assert not everywhere.is_exact(), "nothing is read after the final pass"
    before = everywhere.positions()
    everywhere.backfill(timedelta(days=8), days=2)
    assert everywhere.is_exact()
    assert everywhere.positions() == before
