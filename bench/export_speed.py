"""How fast `pendant export` is, next to the floor: the same bytes fetched, cut, validated and dropped.

    python bench/export_speed.py [--scale 10] [--quick] [--rounds N]

Serves 200,000 visitors and about 500,000 rows of events from a simulator of its own, reads each once to warm it up,
and then measures everything in the same run, each as a process of its own, in turns. docs/performance.md says what
the columns mean. Only the standard library is imported here: what this process holds would count as its children's.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

VISITORS = 200_000
EVENTS_PER_DAY = 60_000
DAYS = 30
TARGETS = {"Parquet": "parquet", "JSON Lines": "jsonl", "DuckDB": "duckdb"}
WANTED = {"Parquet": 0.25, "JSON Lines": 0.55}
PEAK_MB_MAX = 220
HELP_SECONDS_MAX = 0.25
SERVE_SECONDS_MAX = 2.5
STARTS = 7
START_SECONDS_MAX = 30
PENDANT = (sys.executable, "-m", "pendant")


@dataclass(frozen=True)
class Ended:
    """What one process took: seconds of wall clock and of CPU (user and system), MB of memory, and its answer."""

    wall: float
    cpu: float
    peak_mb: float
    answer: Any


@dataclass(frozen=True)
class Measured:
    """`seconds` is the work itself, `wall` the whole process from start to end."""

    rows: int
    seconds: float
    wall: float
    cpu: float
    peak_mb: float


@dataclass(frozen=True)
class Bench:
    """A simulator, and an installation with a connection to it."""

    api: str
    key: str
    environment: dict[str, str]
    folder: Path
    since: str
    until: str

    def window(self, resource: str) -> tuple[str, str]:
        return (self.since, self.until) if resource == "events" else ("-", "-")

    def floor(self, resource: str) -> Measured:
        script = str(Path(__file__).with_name("floor.py"))
        ended = run((sys.executable, script, resource, self.api, *self.window(resource)), self.environment, self.key)
        return Measured(ended.answer["rows"], ended.answer["seconds"], ended.wall, ended.cpu, ended.peak_mb)

    def export(self, resource: str, suffix: str) -> Measured:
        target = self.folder / f"{resource}.{suffix}"
        since, until = self.window(resource)
        times = () if since == "-" else ("--since", since, "--until", until)
        command = (*PENDANT, "export", resource, "--connection", "bench", "--to", str(target), *times, "--json")
        ended = run(command, self.environment)
        target.unlink()
        done = ended.answer
        return Measured(done["rows_written"], done["duration_ms"] / 1000, ended.wall, ended.cpu, ended.peak_mb)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=int, default=1, help="so many times the rows")
    parser.add_argument("--rounds", type=int, default=0, help="how often everything is measured; medians are shown")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, once: does it work at all?")
    given = parser.parse_args()
    scale = 0.1 if given.quick else given.scale
    rounds = given.rounds or (3 if scale == 1 else 1)
    with tempfile.TemporaryDirectory(prefix="pendant-bench-") as folder, prepared(Path(folder), scale) as bench:
        reached = [speed(bench, resource, rounds) for resource in ("visitors", "events")]
        good = all(reached)
        good = start_up(bench) and good
    print("\nEvery target is reached." if good else "\nNot every target is reached.")


@contextmanager
def prepared(folder: Path, scale: float) -> Iterator[Bench]:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    options = ("--visitors", str(int(VISITORS * scale)), "--events-per-day", str(int(EVENTS_PER_DAY * scale)))
    command = (sys.executable, "-m", "pendosim", "serve", "--timezone", "UTC", "--days", str(DAYS), *options)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as simulator:
        try:
            assert simulator.stdout is not None
            ready = json.loads(simulator.stdout.readline())
            since = (midnight - timedelta(days=DAYS)).isoformat()
            bench = Bench(ready["api"], ready["key"], environment(folder), folder, since, midnight.isoformat())
            create = (*PENDANT, "connections", "create", "--name", "bench", "--application", "pendo", "--api", "engage")
            options = ("--region", "custom", "--base-uri", bench.api, "--token-stdin", "--json")
            run((*create, *options), bench.environment, bench.key)
            warm_up(bench)
            yield bench
        finally:
            simulator.terminate()


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PENDANT_")}
    places = {"PENDANT_DATA_DIR": str(folder / "data"), "PENDANT_KEY_DIR": str(folder / "keys")}
    return kept | places | {"PENDANT_ALLOW_NETWORKS": "127.0.0.0/8"}


def warm_up(bench: Bench) -> None:
    """Let the simulator make its data up: it does so when it is first asked, and takes longer than any reader."""
    started = time.perf_counter()
    rows = {resource: bench.floor(resource).rows for resource in ("visitors", "events")}
    held = ", ".join(f"{count:,} {resource}" for resource, count in rows.items())
    print(f"The simulator holds {held}; warming it up took {time.perf_counter() - started:.0f} s.", flush=True)


def speed(bench: Bench, resource: str, rounds: int) -> bool:
    """Measure in turns, so that whatever else the machine does meets all of them; print the medians."""
    found: dict[str, list[Measured]] = {name: [] for name in ("floor", *TARGETS)}
    for _ in range(rounds):
        found["floor"].append(bench.floor(resource))
        for name, suffix in TARGETS.items():
            found[name].append(bench.export(resource, suffix))
    middle = {name: medians(all_of) for name, all_of in found.items()}
    rows = {one.rows for one in middle.values()}
    if len(rows) > 1:
        raise SystemExit(f"Not everybody read the same {resource}: {sorted(rows)}")
    print(f"\n{resource}, {rows.pop():,} rows, medians of {rounds}")
    print(
        f"{'':12} {'rows/s':>9} {'of floor':>9} {'seconds':>8} {'process':>8} {'CPU s':>7} {'us/row':>7} {'peak MB':>8}"
    )
    reached = [shown(name, one, middle["floor"]) for name, one in middle.items()]
    return all(reached)


def medians(several: Sequence[Measured]) -> Measured:
    def middle(name: str) -> float:
        return statistics.median(getattr(one, name) for one in several)

    peak = max(one.peak_mb for one in several)
    return Measured(int(middle("rows")), middle("seconds"), middle("wall"), middle("cpu"), peak)


def shown(name: str, one: Measured, floor: Measured) -> bool:
    ratio = floor.seconds / one.seconds
    good = ratio >= WANTED.get(name, 0) and one.peak_mb < PEAK_MB_MAX
    figures = f"{one.rows / one.seconds:>9,.0f} {ratio:>9.2f} {one.seconds:>8.2f} {one.wall:>8.2f} {one.cpu:>7.2f}"
    wanted = f"  wanted {WANTED[name]}" if name in WANTED else ""
    print(f"{name:12} {figures} {one.cpu / one.rows * 1e6:>7.1f} {one.peak_mb:>8.0f}{wanted}", flush=True)
    return good


def start_up(bench: Bench) -> bool:
    run((*PENDANT, "--help"), bench.environment)
    helped = statistics.median(run((*PENDANT, "--help"), bench.environment).wall for _ in range(STARTS))
    served = statistics.median(seconds_to_answer(bench) for _ in range(STARTS))
    print(f"\nmedians of {STARTS}")
    print(f"pendant --help {helped:.2f} s  wanted {HELP_SECONDS_MAX}")
    print(f"pendant serve, first start, to its first answer {served:.2f} s  wanted {SERVE_SECONDS_MAX}")
    return helped < HELP_SECONDS_MAX and served < SERVE_SECONDS_MAX


def seconds_to_answer(bench: Bench) -> float:
    """Start a new installation each time: the database and the keys are made before it answers."""
    folder = Path(tempfile.mkdtemp(dir=bench.folder))
    port = free_port()
    started = time.perf_counter()
    command = (*PENDANT, "serve", "--port", str(port))
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(folder)
    ) as child:
        try:
            while not answers(f"http://127.0.0.1:{port}/healthz"):
                if child.poll() is not None or time.perf_counter() - started > START_SECONDS_MAX:
                    raise SystemExit("pendant serve did not answer")
                time.sleep(0.01)
            return time.perf_counter() - started
        finally:
            child.terminate()
            child.wait()
            shutil.rmtree(folder)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=START_SECONDS_MAX) as answer:
            return bool(answer.status == 200)
    except urllib.error.URLError:
        return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def run(command: Sequence[str], environment: dict[str, str], said: str = "") -> Ended:
    """Run a program to its end. What it prints is JSON, or of no interest."""
    started = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert child.stdin is not None
    assert child.stdout is not None
    with child.stdin:
        child.stdin.write(said)
    with child.stdout:
        printed = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command[1:4])} ended with {child.returncode}: {printed}")
    answer = json.loads(printed) if printed.startswith("{") else None
    return Ended(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, answer)


if __name__ == "__main__":
    main()
