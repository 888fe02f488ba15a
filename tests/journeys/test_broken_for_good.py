"""Exports where what goes wrong stays wrong: an error with a code and an exit code, and everything as it was."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

import pendosim
from journeys.installation import Installation

OLD = "what was there before\n"


@pytest.mark.timeout(240)
def test_what_stays_broken_is_an_error_with_a_code_and_leaves_everything_as_it_was(
    connected: Installation, pendo: pendosim.Pendo
) -> None:
    """Each is tried again for half a minute, so all of them are started at once."""
    pendo.faults.add("truncate", source="visitors", after_bytes=4000, nth=2, times=None)
    pendo.faults.add("truncate_between", path="/api/v1/page", after_bytes=4000, times=None)
    pendo.faults.add("reset", path="/api/v1/feature", after_bytes=4000, times=None)
    pendo.faults.add("server_error", path="/api/v1/guide", retry_after=0, times=None)
    pendo.faults.add("rate_limited", path="/api/v1/tracktype", retry_after=0, times=None)
    codes = {
        "visitors": "answer_cut_short",
        "pages": "answer_cut_short",
        "features": "answer_broken",
        "guides": "server_trouble",
        "trackTypes": "rate_limited",
    }
    kinds = dict(zip(codes, (".jsonl", ".parquet", ".csv.gz", ".csv", ".duckdb"), strict=True))
    with all_started(connected, kinds) as processes:
        for resource, process in processes.items():
            out, err = process.communicate(timeout=150)
            assert process.returncode == 1, (resource, out, err)
            assert codes[resource] in err, (resource, err)
            assert "Traceback" not in err
    assert {path.name for path in connected.home.iterdir()} <= {"data", "keys", "visitors.jsonl"}
    assert (connected.home / "visitors.jsonl").read_text() == OLD


@contextmanager
def all_started(installation: Installation, kinds: dict[str, str]) -> Iterator[dict[str, subprocess.Popen[str]]]:
    (installation.home / "visitors.jsonl").write_text(OLD)
    with ExitStack() as stack:
        processes = {}
        for resource, kind in kinds.items():
            words = ("export", resource, "--connection", "Production", "--to", f"{resource}{kind}", "--replace")
            processes[resource] = stack.enter_context(installation.start(*words))
            stack.callback(processes[resource].kill)
        yield processes
