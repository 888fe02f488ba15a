"""Stored exports that are killed at any moment, also between publishing and recording, and are simply run again."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from pendant.app import App, open_app
from pendant.engine.worker import Worker
from pendant.model.access import local_actor
from pendant.model.clock import SettableClock
from pendant.model.connection import Draft
from pendant.model.export import Delays, Export, Mode
from pendant.model.pipeline import LoadMode
from pendant.model.run import RunState
from pendant.services import connections, export_runs, exports
from pendant.settings import Settings
from pendosim import Pendo, running
from pendosim.aggregation.pipeline import pipeline_of
from postgresql_server import Server

OWNER = local_actor()
NOW = datetime(2024, 3, 11, 15, 30, tzinfo=UTC)
ROUNDS = int(os.environ.get("PENDANT_SOAK_ROUNDS", "2"))
# How long a run takes from its first request on, with the delay that its requests have here.
DELAY_SECONDS, RUN_SECONDS = 0.03, 0.8
INCREMENTAL = {"mode": Mode.INCREMENTAL, "last": "3d"}
APPENDING = INCREMENTAL | {"load": LoadMode.APPEND, "delays": Delays(8, 0, 0)}

CHILD = """
import sys
from datetime import datetime
from pathlib import Path
from engine.test_killed import OWNER, export_runs, settings_in, open_app, SettableClock, Worker
with open_app(settings_in(Path(sys.argv[1])), SettableClock(datetime.fromisoformat(sys.argv[2]))) as app:
    worker = Worker(app)
    queued = export_runs.run(app, OWNER, "Events")
    print("begins", flush=True)
    print(worker.run_now(queued.id, lambda _: None).state, flush=True)
"""


def settings_in(home: Path) -> Settings:
    data = home / "data"
    return Settings(
        data_dir=data,
        key_dir=home / "keys",
        database_url=f"sqlite:///{data / 'pendant.db'}",
        allow_networks=(ip_network("127.0.0.0/8"),),
    )


class Stage:
    """An export of single events, each of which has an id of its own, and what its target holds."""

    def __init__(self, app: App, clock: SettableClock, pendo: Pendo, home: Path, kind: str) -> None:
        self.app = app
        self.clock = clock
        self.pendo = pendo
        self.home = home
        self.kind = kind
        self.table = "".join(filter(str.isalnum, home.name))[-40:]
        self.target = f"postgresql:warehouse#public.{self.table}" if kind == "postgresql" else f"{home}/out.{kind}"

    def store(self, **asked: Any) -> None:
        exports.create(self.app, OWNER, "Events", Export("singleEvents", "Production", self.target, **asked))

    def happens(self, visitor: str, ago: timedelta) -> None:
        """Let an event be known now that happened a while ago."""
        at = round((self.clock.now() - ago).timestamp() * 1000)
        self.pendo.add_events([{"kind": "page", "visitorId": visitor, "time": at}])

    def pass_time(self, by: timedelta) -> None:
        self.clock.advance(by.total_seconds())
        self.pendo.clock.advance(by.total_seconds())

    def child(self) -> subprocess.Popen[str]:
        room = Path(__file__).parents[1]
        environment = os.environ | {"PYTHONPATH": f"{room.parent / 'src'}:{room}"}
        command = [sys.executable, "-c", CHILD, str(self.home), self.clock.now().isoformat()]
        return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE)

    def killed(self, when: Callable[[subprocess.Popen[str]], bool]) -> bool:
        """Begin a run in another process and kill that one when `when` returns; return what it said."""
        with self.child() as process:
            assert process.stdout
            assert process.stdout.readline() == "begins\n"
            moment = when(process)
            process.kill()
        return moment

    def run(self) -> None:
        """Run it to its end here."""
        worker = Worker(self.app)
        try:
            run = worker.run_now(export_runs.run(self.app, OWNER, "Events").id, lambda _: None)
        finally:
            worker.close()
        assert run.state is RunState.FINISHED, run.reason

    def ids(self) -> list[str]:
        if self.kind == "parquet":
            return sorted(pq.read_table(self.target)["eventId"].to_pylist())
        query = 'SELECT "eventId" FROM {}'
        if self.kind == "duckdb":
            with duckdb.connect(self.target, read_only=True) as database:
                return sorted(row[0] for row in database.execute(query.format("singleEvents")).fetchall())
        warehouse = connections.get(self.app, OWNER, "Warehouse")
        with self.app.egress.postgresql(warehouse) as opened, opened.cursor() as cursor:
            cursor.execute(query.format(f'"{self.table}"'))
            return sorted(row[0] for row in cursor.fetchall())

    def position(self) -> datetime | None:
        found = exports.get(self.app, OWNER, "Events").position
        return found.position if found else None

    def truth(self) -> list[str]:
        """Return the ids of all events that the export has come past; of one without a position, of all."""
        position = exports.get(self.app, OWNER, "Events").position
        since, until = (0.0, 1e12) if position is None else (position.began.timestamp(), position.position.timestamp())
        series = {"period": "dayRange", "first": round((NOW - timedelta(days=9)).timestamp() * 1000), "count": 12}
        source = {"source": {"singleEvents": {"appId": 'expandAppIds("*")'}, "timeSeries": series}}
        world = self.pendo.world
        rows = pipeline_of([source], world, world.environment()).rows()
        return sorted(row["eventId"] for row in rows if since * 1000 <= row["browserTime"] < until * 1000)

    def left_over(self) -> list[str]:
        beside = [path.name for path in self.home.iterdir() if ".pendant-" in path.name]
        waiting = self.home / "data" / "waiting"
        return beside + [path.name for path in waiting.glob("*")]

    def assert_exact(self) -> None:
        assert self.ids() == self.truth() != []
        assert self.left_over() == []


@pytest.fixture(scope="module")
def pendo() -> Iterator[Pendo]:
    now = round(NOW.timestamp() * 1000)
    with running(now=now, visitors=30, accounts=4, days=6, events_per_day=60, seed=7) as simulator:
        yield simulator


@pytest.fixture
def stage(request: pytest.FixtureRequest, pendo: Pendo, tmp_path: Path) -> Iterator[Stage]:
    clock = SettableClock(datetime.fromtimestamp(pendo.clock.now() / 1000, UTC))
    with open_app(settings_in(tmp_path), clock) as app:
        draft = Draft("Production", "pendo", "engage", region="custom", base_uri=pendo.api)
        connections.create(app, OWNER, draft, pendo.key, test=False)
        if request.param == "postgresql":
            server: Server = request.getfixturevalue("postgresql")
            warehouse = Draft("Warehouse", "postgresql", base_uri=server.address)
            connections.create(app, OWNER, warehouse, server.password, test=False)
        yield Stage(app, clock, pendo, tmp_path, request.param)
    pendo.faults.clear()


@pytest.mark.timeout(240 + 30 * ROUNDS)
@pytest.mark.parametrize("stage", ["parquet", "duckdb", "postgresql"], indirect=True)
def test_killed_at_any_moment_and_run_again_the_rows_are_exact(stage: Stage) -> None:
    stage.store(**({} if stage.kind == "parquet" else INCREMENTAL))
    stage.run()
    moments = random.Random(stage.kind)
    for number in range(ROUNDS):
        stage.happens(f"late-{number}", timedelta(hours=30))
        stage.pass_time(timedelta(hours=1))
        stage.pendo.faults.add("delay", path="/api/v1", seconds=DELAY_SECONDS, times=None)
        stage.killed(lambda _: bool(time.sleep(moments.uniform(0, RUN_SECONDS))))
        stage.pendo.faults.clear()
        stage.run()
        stage.assert_exact()
        assert stage.position() in (None, stage.clock.now().replace(minute=0, second=0) - timedelta(hours=8))


@pytest.mark.parametrize(
    ("stage", "asked"),
    [("duckdb", INCREMENTAL), ("postgresql", INCREMENTAL), ("duckdb", APPENDING), ("postgresql", APPENDING)],
    indirect=["stage"],
    ids=["duckdb-slices", "postgresql-slices", "duckdb-append", "postgresql-append"],
)
def test_killed_between_publishing_and_recording_and_run_again_the_rows_are_exact(
    stage: Stage, asked: dict[str, Any]
) -> None:
    stage.store(**asked)
    stage.run()
    before = stage.position()
    stage.pass_time(timedelta(hours=2))
    held = stage.ids()
    stage.happens("in-between", timedelta(hours=9))
    while not stage.killed(lambda process: published_unrecorded(stage, process)):
        stage.pass_time(timedelta(hours=2))
        stage.happens("in-between", timedelta(hours=9))
    assert len(stage.ids()) > len(held)
    assert stage.position() == before
    stage.pass_time(timedelta(hours=3))
    stage.happens("afterwards", timedelta(hours=10))
    stage.run()
    stage.assert_exact()
    stage.run()
    stage.assert_exact()
    assert stage.position() == stage.clock.now().replace(minute=0, second=0) - timedelta(hours=8)


def published_unrecorded(stage: Stage, process: subprocess.Popen[str]) -> bool:
    """Keep the end of the run from being recorded, and wait until its rows are in the target; False: it was faster."""
    deadline = time.monotonic() + 60
    query = "SELECT slices_total > 0 AND slices_done = slices_total, state FROM runs ORDER BY created_at DESC LIMIT 1"
    with closing(sqlite3.connect(stage.home / "data" / "pendant.db", isolation_level=None, timeout=10)) as database:
        while not (found := database.execute(query).fetchone())[0]:
            assert time.monotonic() < deadline
        database.execute("BEGIN IMMEDIATE")
        found = database.execute(query).fetchone()
        if found[1] != "running":
            return False
        # The last that publishing does is to remove what was staged.
        while stage.left_over():
            assert time.monotonic() < deadline
        process.kill()
        process.wait()
        database.execute("ROLLBACK")
    return True
