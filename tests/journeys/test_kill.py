"""An export that is killed at any moment leaves the target as it was or complete, and is simply run again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

import pendosim
from journeys.installation import Installation, left_behind
from journeys.rows import rows_in

FEWER_ROWS = 5
FEWER = ("--limit", str(FEWER_ROWS))
# The whole of an export from its first request on takes about half a second with these delays.
DELAY_SECONDS = 0.08
SECONDS_MAX = 0.7
ROUNDS = int(os.environ.get("PENDANT_SOAK_ROUNDS", "2"))


@pytest.mark.timeout(240 + 30 * ROUNDS)
@pytest.mark.parametrize("kind", [".parquet", ".duckdb"])
def test_an_export_that_is_killed_is_simply_run_again(
    connected: Installation, pendo: pendosim.Pendo, kind: str
) -> None:
    target = connected.home / f"visitors{kind}"
    ids = list(pendo.expected("visitors").ids or ())
    moments = random.Random(kind)
    pendo.faults.add("delay", path="/api/v1", seconds=DELAY_SECONDS, times=None)
    for _ in range(ROUNDS):
        killed_in(connected, pendo, target, after=moments.uniform(0, SECONDS_MAX))
        assert not target.exists() or visitors_in(target) == ids
    assert run_again(connected, target) == ids
    for _ in range(ROUNDS):
        killed_in(connected, pendo, target, *FEWER, after=moments.uniform(0, SECONDS_MAX))
        assert visitors_in(target) in (ids, ids[:FEWER_ROWS])
    assert run_again(connected, target, *FEWER) == ids[:FEWER_ROWS]


def killed_in(installation: Installation, pendo: pendosim.Pendo, target: Path, *words: str, after: float) -> None:
    """Kill an export some seconds after its first request has arrived; it may have ended by then."""
    pendo.forget_requests()
    with installation.start("export", "visitors", "--connection", "Production", "--to", target.name, *words) as process:
        wait_for_a_request(pendo, process)
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
    assert process.returncode in (-signal.SIGKILL, 0)


def wait_for_a_request(pendo: pendosim.Pendo, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not pendo.requests:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)


def run_again(installation: Installation, target: Path, *words: str) -> list[str]:
    """Run the same command to its end and return the visitors in the target."""
    again = installation.export("visitors", target.name, *words)
    assert again.code == 0, again.err
    assert left_behind(target.parent) == []
    return visitors_in(target)


def visitors_in(target: Path) -> list[str]:
    return sorted(row["visitorId"] for row in rows_in(target, "visitors"))
