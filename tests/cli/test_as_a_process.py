"""The command line as a process of its own: what others on the machine can see of it, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.spoken import CREATE
from pendosim import Pendo
from pendosim.faults import Fault

COMMAND = (sys.executable, "-m", "pendant")
ROOT = Path(__file__).parents[2]


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PENDANT_")}
    return kept | {
        "PYTHONPATH": str(ROOT / "src"),
        "PENDANT_DATA_DIR": str(home / "data"),
        "PENDANT_KEY_DIR": str(home / "keys"),
        "PENDANT_ALLOW_NETWORKS": "127.0.0.0/8",
    }


def pendant(home: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], input=stdin, capture_output=True, text=True, env=environment(home), timeout=60, check=False
    )


@contextmanager
def slow_test(home: Path, pendo: Pendo, token: str) -> Iterator[subprocess.Popen[str]]:
    """Create a connection while the other side takes its time, so that the token is in use for some seconds."""
    pendo.forget_requests()
    pendo.faults.arm(Fault("delay", seconds=4.0, times=None))
    command = [*COMMAND, *CREATE, "--name", "A", "--base-uri", pendo.api]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=environment(home), **pipes) as process:  # type: ignore[call-overload]
        assert process.stdin is not None
        process.stdin.write(token)
        process.stdin.close()
        process.stdin = None
        try:
            deadline = time.monotonic() + 20
            while not pendo.requests and time.monotonic() < deadline:
                time.sleep(0.05)
            yield process
        finally:
            pendo.faults.clear()
            process.kill()


def seen_by_others(pid: int) -> bytes:
    seen = b""
    for name in ("cmdline", "environ"):
        try:
            seen += Path(f"/proc/{pid}/{name}").read_bytes()
        except PermissionError:
            continue
    return seen


def test_no_process_list_or_environment_shows_the_token(tmp_path: Path, pendo: Pendo, canary: str) -> None:
    with slow_test(tmp_path, pendo, canary) as process:
        seen = seen_by_others(process.pid)
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            seen += seen_by_others(int(child))
        assert b"--token-stdin" in seen, "the look at the process list must have worked"
        assert canary.encode() not in seen


def test_the_process_can_neither_be_dumped_nor_read_by_others(tmp_path: Path, pendo: Pendo, canary: str) -> None:
    with slow_test(tmp_path, pendo, canary) as process:
        assert resource.prlimit(process.pid, resource.RLIMIT_CORE) == (0, 0)
        # The files of a process that is not dumpable belong to root, whoever runs it; its folder's mode stays.
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert "Umask:\t0077" in status


def test_a_terminated_command_ends_quietly_and_saves_nothing(tmp_path: Path, pendo: Pendo, canary: str) -> None:
    with slow_test(tmp_path, pendo, canary) as process:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        assert process.returncode == 143
        assert "Traceback" not in out + err
    assert pendant(tmp_path, "connections", "list", "--json").stdout == "[]\n"


def test_an_interrupted_command_ends_quietly(tmp_path: Path, pendo: Pendo, canary: str) -> None:
    with slow_test(tmp_path, pendo, canary) as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert process.returncode == 130
        assert "Traceback" not in out + err


def test_whoever_stops_reading_is_not_answered_with_a_traceback(tmp_path: Path) -> None:
    assert pendant(tmp_path, "vault", "status").returncode == 0
    shell = f"'{COMMAND[0]}' -m pendant resources list | head -n 1"
    done = subprocess.run(
        ["/bin/sh", "-c", shell], capture_output=True, text=True, env=environment(tmp_path), timeout=60, check=False
    )
    assert done.stdout.startswith("Connector")
    assert done.stderr == ""


def test_everything_it_writes_is_for_its_owner_alone(tmp_path: Path) -> None:
    pendant(tmp_path, "vault", "status")
    files = [file for folder in ("data", "keys") for file in (tmp_path / folder).rglob("*")]
    assert len(files) >= 2
    assert all(file.stat().st_mode & 0o077 == 0 for file in [*files, tmp_path / "data", tmp_path / "keys"])


def test_help_is_light() -> None:
    """A measured time would depend on the machine; what is loaded does not."""
    script = "import sys; from pendant.cli.program import program; program('0'); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment(Path("none")), check=True
    )
    heavy = {"sqlalchemy", "pyarrow", "duckdb", "aiohttp", "fastapi", "pydantic", "cryptography", "structlog"}
    assert not heavy & set(done.stdout.split())


@pytest.mark.parametrize("words", [["--help"], ["connections", "--help"], ["export", "--help"], ["--version"]])
def test_help_and_version_need_no_installation(tmp_path: Path, words: list[str]) -> None:
    done = pendant(tmp_path, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "data").exists()


def test_a_token_typed_at_a_terminal_is_not_shown(tmp_path: Path, pendo: Pendo) -> None:
    ours, theirs = pty.openpty()
    words = [word for word in CREATE if word != "--token-stdin"]
    command = [*COMMAND, *words, "--name", "A", "--base-uri", pendo.api]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment(tmp_path), start_new_session=True
    ) as process:
        os.close(theirs)
        shown = read_until(ours, b"Token (not shown): ")
        os.write(ours, pendo.key.encode() + b"\n")
        shown += read_until(ours, b"Created connection A")
        assert process.wait(timeout=20) == 0
    os.close(ours)
    assert pendo.key.encode() not in shown


def read_until(terminal: int, wanted: bytes) -> bytes:
    seen = b""
    deadline = time.monotonic() + 30
    while wanted not in seen and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.5)[0]:
            seen += os.read(terminal, 4096)
    assert wanted in seen
    return seen


@contextmanager
def slow_export(home: Path, pendo: Pendo) -> Iterator[subprocess.Popen[str]]:
    """Export while the other side takes its time, and give the process once it waits for an answer."""
    created = pendant(home, *CREATE, "--name", "A", "--base-uri", pendo.api, "--no-test", stdin=pendo.key)
    assert created.returncode == 0, created.stderr
    command = [*COMMAND, "export", "pages", "--connection", "A", "--to", str(home / "pages.csv")]
    pendo.forget_requests()
    pendo.faults.arm(Fault("delay", path="/api/v1/page", seconds=30.0, times=None))
    with subprocess.Popen(
        command, text=True, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            deadline = time.monotonic() + 20
            while not any(seen.path.startswith("/api/v1/page") for seen in pendo.requests):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield process
        finally:
            pendo.faults.clear()
            process.kill()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_export_is_a_cancelled_run_and_leaves_nothing_behind(
    tmp_path: Path, pendo: Pendo, number: signal.Signals, code: int
) -> None:
    with slow_export(tmp_path, pendo) as process:
        began = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert time.monotonic() - began < 3
        assert process.returncode == code
        assert "Traceback" not in out + err
    assert {entry.name for entry in tmp_path.iterdir()} == {"data", "keys"}
    runs = json.loads(pendant(tmp_path, "runs", "list", "--json").stdout)
    assert [run["state"] for run in runs] == ["cancelled"]


def test_a_run_that_was_killed_is_cancelled_by_hand_before_its_connection_is_deleted(
    tmp_path: Path, pendo: Pendo
) -> None:
    with slow_export(tmp_path, pendo) as process:
        elsewhere = pendant(tmp_path, "runs", "list", "--state", "running", "--json")
        run = json.loads(elsewhere.stdout)[0]["id"]
        assert "[run_elsewhere]" in pendant(tmp_path, "runs", "cancel", run).stderr
        process.kill()
    assert not (tmp_path / "pages.csv").exists()
    refused = pendant(tmp_path, "connections", "delete", "A")
    assert refused.returncode == 1
    assert run[:8] in refused.stderr
    assert "cancelled" in pendant(tmp_path, "runs", "cancel", run).stdout
    assert pendant(tmp_path, "connections", "delete", "A").returncode == 0
