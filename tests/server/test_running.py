"""The process: where it listens, what it says, how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import pendosim
from pendant.app import open_app
from pendant.errors import SetupProblem
from pendant.model.access import local_actor
from pendant.model.clock import SettableClock
from pendant.model.connection import Draft
from pendant.model.export import Export
from pendant.model.run import RunState
from pendant.server.running import refuse_exposed, serve
from pendant.services import connections, export_runs, runs
from pendant.settings import Settings
from server.fixtures import settings_in
from server.rig import Client


@dataclass
class Running:
    process: subprocess.Popen[str]
    said: list[str]
    seconds: float

    @property
    def port(self) -> int:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self.said[0])
        assert found, self.said
        return int(found[1])


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Running]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PENDANT_")}
    environ |= {"PENDANT_DATA_DIR": str(folder / "data"), "PENDANT_KEY_DIR": str(folder / "keys")}
    environ["PYTHONPATH"] = str(Path(__file__).parents[2] / "src")
    environ |= settings
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "pendant", "serve", "--port", "0"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("Stop it"):
                break
        yield Running(process, said, time.perf_counter() - began)
    finally:
        process.kill()
        process.communicate()


def test_e01_the_first_start_prints_the_setup_code_once_and_works(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        code = re.search(r"setup code ([A-Z2-9-]{23}) ", "".join(server.said))
        assert code
        assert Client(server.port).get("/healthz").status == 200
        server.process.send_signal(signal.SIGTERM)
        stdout, stderr = server.process.communicate(timeout=10)
        assert code[1] not in stdout + stderr
        assert "Traceback" not in stderr


def test_the_log_holds_no_query(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        Client(server.port).get("/healthz?token=canary-in-the-query")
        server.process.send_signal(signal.SIGINT)
        _, stderr = server.process.communicate(timeout=10)
        assert "/healthz" in stderr
        assert "canary-in-the-query" not in stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_at_once_while_a_run_waits_for_an_answer_and_goes_on_with_it_at_the_next_start(
    tmp_path: Path, number: signal.Signals
) -> None:
    networks = {"PENDANT_ALLOW_NETWORKS": "127.0.0.0/8"}
    with pendosim.running(visitors=30, accounts=4, days=2, events_per_day=10, seed=7) as pendo:
        run = left_behind(settings_in(tmp_path), pendo)
        pendo.forget_requests()
        pendo.faults.add("delay", source="visitors", seconds=30, times=None)
        with running(tmp_path, **networks) as server:
            wait_until(lambda: bool(pendo.requests))
            began = time.monotonic()
            server.process.send_signal(number)
            _, stderr = server.process.communicate(timeout=20)
            assert time.monotonic() - began < 3
            assert "Traceback" not in stderr
        pendo.faults.clear()
        with running(tmp_path, **networks), open_app(settings_in(tmp_path)) as app:
            wait_until(lambda: runs.get(app, local_actor(), run).state is RunState.FINISHED)


def left_behind(settings: Settings, pendo: pendosim.Pendo) -> str:
    """Record an export an hour ago that nobody has run yet; return the run's id."""
    with open_app(settings, SettableClock(datetime.now(UTC) - timedelta(hours=1))) as app:
        draft = Draft("Production", "pendo", "engage", region="custom", base_uri=pendo.api)
        connections.create(app, local_actor(), draft, pendo.key, test=False)
        target = str(settings.data_dir / "visitors.csv")
        return export_runs.start(app, local_actor(), Export("visitors", "Production", target)).id


def wait_until(happens: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while not happens():
        assert time.monotonic() < ends, "it never happened"
        time.sleep(0.05)


def test_a_taken_port_is_one_sentence(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SetupProblem) as caught:
        serve(replace(settings, port=taken.getsockname()[1]))
    assert caught.value.code == "address_taken"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "pendant.example.net"])
def test_a_public_address_without_names_is_refused(settings: Settings, host: str) -> None:
    exposed = replace(settings, host=host, allowed_hosts=())
    with pytest.raises(SetupProblem, match="PENDANT_ALLOWED_HOSTS") as caught:
        refuse_exposed(exposed)
    assert caught.value.code == "allowed_hosts_needed"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_loopback_addresses_need_no_names(settings: Settings, host: str) -> None:
    refuse_exposed(replace(settings, host=host, allowed_hosts=()))


def test_a_public_address_with_names_is_accepted(settings: Settings) -> None:
    refuse_exposed(replace(settings, host="0.0.0.0", allowed_hosts=("pendant.example.net",)))
