"""The whole path once, against a simulator: connect, test, export, query, and compare every count with the truth."""

from __future__ import annotations

import json
import secrets
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import duckdb
from cyclopts import Parameter

from pendant.app import App
from pendant.cli.exports import finished, show_run
from pendant.cli.output import Output
from pendant.cli.session import installation
from pendant.cli.simulator import Simulator, running_simulator
from pendant.cli.stages import shown_stages
from pendant.errors import PendantError
from pendant.model.access import local_actor
from pendant.model.connection import Authentication, Connection, Draft, HttpSettings, Ping
from pendant.model.export import Export
from pendant.model.http import Request
from pendant.model.run import RunState
from pendant.services import connections, export_runs

NAME = "Demo"
CONTROL_NAME = "Demo simulator"
DAYS = 30
RESOURCES = ("visitors", "accounts", "pages", "pageEvents")
_EVENTS = frozenset({"pageEvents"})
# The demo's days are days in UTC, so that they are the same days for the simulator and for the export.
_SIMULATOR = (
    *("--visitors", "5000", "--accounts", "300", "--days", str(DAYS + 5), "--events-per-day", "2000"),
    *("--timezone", "UTC"),
)

_TOP_PAGES = """
    SELECT p.name, sum(e.numEvents)::BIGINT AS events, count(DISTINCT e.visitorId) AS visitors
    FROM pageEvents e JOIN pages p ON p.id = e.pageId
    GROUP BY p.id, p.name ORDER BY events DESC, p.name LIMIT 5
"""


@dataclass(frozen=True, slots=True)
class _Window:
    since: datetime
    until: datetime


def demo(
    *,
    simulator_json: Annotated[
        Path | None,
        Parameter(
            name="--simulator-json",
            help="File with the line that a running pendosim printed, - for standard input; else one is started.",
            allow_leading_hyphen=True,
        ),
    ] = None,
    folder: Annotated[Path, Parameter(name="--folder", help="Where the exported files go.")] = Path("demo"),
) -> int:
    """Show the whole path against a local Pendo simulator, and fail if any row count differs from what it holds."""
    output = Output()
    with running_simulator(simulator_json, _SIMULATOR) as simulator, installation() as app:
        folder.mkdir(parents=True, exist_ok=True)
        _connect(app, output, simulator)
        window = _last_days(app.clock.now())
        wrong = [said for said in _exported(app, output, folder.absolute(), window, simulator) if said]
        output.say("")
        output.say(f"Top pages of the last {DAYS} days, queried from {_database(folder)}:")
        output.table(("Page", "Events", "Visitors"), _top_pages(folder), numbers=("Events", "Visitors"))
    for said in wrong:
        output.remark(f"Wrong count: {said}")
    output.say("")
    output.say("Every row count is what the simulator holds." if not wrong else "The demo failed.")
    output.say(f"The web app: pendant serve, then http://{app.settings.host}:{app.settings.port} in a browser.")
    return 1 if wrong else 0


def _connect(app: App, output: Output, simulator: Simulator) -> None:
    """Create the connection with the command that a person would type, and test it."""
    known = any(connection.name == NAME for connection in connections.find(app, local_actor()))
    verb = ("edit", NAME) if known else ("create", "--name", NAME, "--application", "pendo", "--api", "engage")
    words = ("connections", *verb, "--region", "custom", "--base-uri", simulator.api, "--no-test", "--token-stdin")
    output.say(f"$ pendant {shlex.join(words)}")
    output.say("  (the token comes in through standard input and goes straight into the vault)")
    command = [sys.executable, "-m", "pendant", *words]
    made = subprocess.run(command, input=simulator.key, text=True, capture_output=True, check=False)  # noqa: S603 - our own interpreter, no shell
    if made.returncode:
        raise PendantError("demo_failed", f"The connection was not saved: {made.stderr.strip()}")
    stages = list(shown_stages(output, connections.test_saved(app, local_actor(), NAME)))
    if any(stage.outcome == "failed" for stage in stages):
        raise PendantError("demo_failed", "The connection to the simulator does not work; the stages above say why.")


def _save(app: App, draft: Draft, token: str) -> Connection:
    """Create the connection, or save it anew when an earlier demo left it: its simulator had another key."""
    actor = local_actor()
    for old in connections.find(app, actor):
        if old.name == draft.name:
            return connections.replace(app, actor, old.id, draft, token, version=old.version, test=False).connection
    return connections.create(app, actor, draft, token, test=False).connection


def _last_days(now: datetime) -> _Window:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return _Window(midnight - timedelta(days=DAYS), midnight)


def _exported(app: App, output: Output, folder: Path, window: _Window, simulator: Simulator) -> Iterator[str]:
    """Export everything to both kinds of file; yield one text for each export, empty when its count is right."""
    control = _control(app, simulator)
    for resource in RESOURCES:
        wanted = _truth(app, control, resource, window)
        for target in (f"{_database(folder)}#{resource}", str(folder / f"{resource}.parquet")):
            asked = Export(resource, NAME, target, replace=True)
            if resource in _EVENTS:
                asked = Export(resource, NAME, target, window.since, window.until, replace=True)
            run = finished(app, output, export_runs.start(app, local_actor(), asked))
            show_run(output, run)
            if run.state is not RunState.FINISHED:
                yield f"{resource} in {target} is {run.state.value}."
                continue
            found = _rows_in(target)
            yield "" if found == wanted else f"{target} has {found:,} rows, the simulator holds {wanted:,}."


def _control(app: App, simulator: Simulator) -> Connection:
    """Save a connection to the control address. It asks for no token, but a connection has one: a made-up one."""
    http = HttpSettings(
        base_uri=simulator.control,
        authentication=Authentication("header", "X-Demo"),
        ping=Ping(relative_uri="/clock"),
        network="private",
    )
    return _save(app, Draft(CONTROL_NAME, "http", http=http), secrets.token_urlsafe(24))


def _truth(app: App, control: Connection, resource: str, window: _Window) -> int:
    query = [("resource", resource)]
    if resource in _EVENTS:
        query += [("since", _milliseconds(window.since)), ("until", _milliseconds(window.until))]
    answer = app.egress.channel(control).call(Request("GET", "/expected", query=tuple(query)))
    rows: int = json.loads(answer.body)["rows"]
    return rows


def _milliseconds(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))


def _rows_in(target: str) -> int:
    path, _, table = target.partition("#")
    source = f'"{table}"' if table else "read_parquet($file)"
    with duckdb.connect(path if table else ":memory:", read_only=bool(table)) as database:
        query = database.execute(f"SELECT count(*) FROM {source}", {} if table else {"file": path})
        return int(query.fetchall()[0][0])


def _top_pages(folder: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(_database(folder)), read_only=True) as database:
        return list(database.execute(_TOP_PAGES).fetchall())


def _database(folder: Path) -> Path:
    return folder / "pendo.duckdb"
