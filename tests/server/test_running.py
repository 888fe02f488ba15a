"""The process: where it listens, what it says, how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pendant.errors import SetupProblem
from pendant.server.running import refuse_exposed, serve
from pendant.settings import Settings
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
def running(folder: Path) -> Iterator[Running]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PENDANT_")}
    environ |= {"PENDANT_DATA_DIR": str(folder / "data"), "PENDANT_KEY_DIR": str(folder / "keys")}
    environ["PYTHONPATH"] = str(Path(__file__).parents[2] / "src")
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
