"""Pendant beside what else there is, in one run: dlt, ADBC alone, and the ideal of slices that only wait.

    python bench/against_dlt.py [--scale 0.1] [--rounds 1]

docs/performance.md says what is measured. Needs what requirements-dev.lock holds, and Debian's postgresql.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from export_speed import PENDANT, Bench, Measured, environment, prepared, run

HERE = Path(__file__).parent
WANTED_OF_DLT = {"arrow": 3.0, "rest_api": 8.0}
WANTED_OF_ADBC = 0.5
THINK_MS = 1000
WAITING_SLICES = 8
SLICE_DAYS = 30
DAY_SECONDS = 86_400
WANTED_OF_IDEAL = 1.25
PEAK_MB_MAX = 220


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=0.1, help="so many times 200,000 visitors and 500,000 events")
    parser.add_argument("--rounds", type=int, default=1, help="how often everything is measured; medians are shown")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pendant-bench-") as folder:
        with prepared(Path(folder), given.scale) as bench:
            reached = [beside_dlt(bench, resource, given.rounds) for resource in ("visitors", "events")]
            reached.append(beside_adbc(bench))
        reached.append(waiting(Path(folder)))
    print("\nEvery target is reached." if all(reached) else "\nNot every target is reached.")


def beside_dlt(bench: Bench, resource: str, rounds: int) -> bool:
    """Measure in turns, so that whatever else the machine does meets all of them."""
    ours: list[Measured] = []
    theirs: dict[str, list[float]] = {kind: [] for kind in WANTED_OF_DLT}
    for _ in range(rounds):
        ours.append(bench.export(resource, "parquet"))
        for kind, rates in theirs.items():
            rates.append(dlt_rate(bench, kind, resource, ours[-1].rows))
    mine = statistics.median(one.rows / one.seconds for one in ours)
    print(f"\n{resource}, {ours[0].rows:,} rows to Parquet\n{'pendant':14} {mine:>9,.0f} rows/s")
    good = True
    for kind, rates in theirs.items():
        ratio = mine / statistics.median(rates)
        good = good and ratio >= WANTED_OF_DLT[kind]
        rate = statistics.median(rates)
        print(f"dlt {kind:10} {rate:>9,.0f} rows/s, pendant {ratio:.1f} times, wanted {WANTED_OF_DLT[kind]:.0f}")
    return good


def dlt_rate(bench: Bench, kind: str, resource: str, rows: int) -> float:
    target = bench.folder / f"dlt-{kind}"
    command = (sys.executable, str(HERE / "dlt_reader.py"), kind, resource, bench.api, bench.since, bench.until)
    found = run((*command, str(target)), bench.environment, bench.key).answer
    shutil.rmtree(target)
    if found["rows"] != rows:
        raise SystemExit(f"Not everybody read the same {resource}: {rows} and {found['rows']}")
    return float(found["rows"] / found["seconds"])


def beside_adbc(bench: Bench) -> bool:
    rows = bench.folder / "events.parquet"
    times = ("--since", bench.since, "--until", bench.until)
    run((*PENDANT, "export", "events", "--connection", "bench", "--to", str(rows), *times), bench.environment)
    found = run((sys.executable, str(HERE / "postgresql_speed.py"), str(rows)), bench.environment).answer
    ratio = found["adbc"] / found["pendant"]
    print(f"\nPostgreSQL, the same {found['rows']:,} rows of events")
    print(f"{'ADBC alone':14} {found['rows'] / found['adbc']:>9,.0f} rows/s")
    print(f"{'pendant':14} {found['rows'] / found['pendant']:>9,.0f} rows/s, {ratio:.2f}, wanted {WANTED_OF_ADBC}")
    return bool(ratio >= WANTED_OF_ADBC)


def waiting(folder: Path) -> bool:
    """Compare slices whose answers begin a second late with the same slices without it.

    Ideal is what they take without it, and a second for each request that cannot be asked before another is answered:
    those before the slices, and of a slice its count and its rows.
    """
    with thinking(folder, 0) as plain, thinking(folder, THINK_MS) as slow:
        quick, late = waited(plain), waited(slow)
    slices, requests = late["slices_total"], late["requests"]
    one_after_another = requests - 2 * slices + 2
    ideal = quick["duration_ms"] / 1000 + one_after_another * THINK_MS / 1000
    ratio = late["duration_ms"] / 1000 / ideal
    print(f"\n{slices} slices at once, each answer a second late, {late['rows_written']:,} rows")
    print(f"{late['duration_ms'] / 1000:.2f} s, {ratio:.2f} of the ideal {ideal:.2f} s, wanted {WANTED_OF_IDEAL}")
    print(f"peak {late['peak_mb']:.0f} MB, wanted {PEAK_MB_MAX}")
    return ratio < WANTED_OF_IDEAL and slices == WAITING_SLICES and late["peak_mb"] < PEAK_MB_MAX


@contextmanager
def thinking(folder: Path, think_ms: int) -> Iterator[Bench]:
    days = WAITING_SLICES * SLICE_DAYS
    # Slices begin at whole multiples of their days, so that every run finds the same ones.
    until = datetime.fromtimestamp(time.time() // (SLICE_DAYS * DAY_SECONDS) * SLICE_DAYS * DAY_SECONDS, UTC)
    options = (
        "--timezone",
        "UTC",
        "--days",
        str(days + SLICE_DAYS + 1),
        "--visitors",
        "2000",
        "--events-per-day",
        "500",
    )
    command = (sys.executable, "-m", "pendosim", "serve", *options, "--think-ms", str(think_ms))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as simulator:
        try:
            assert simulator.stdout is not None
            ready = json.loads(simulator.stdout.readline())
            own = folder / f"thinks-{think_ms}"
            since = (until - timedelta(days=days)).isoformat()
            bench = Bench(ready["api"], ready["key"], environment(own), folder, since, until.isoformat())
            create = (*PENDANT, "connections", "create", "--name", "bench", "--application", "pendo")
            where = ("--api", "engage", "--region", "custom", "--base-uri", bench.api, "--token-stdin", "--json")
            run((*create, *where, "--concurrency", str(WAITING_SLICES)), bench.environment, bench.key)
            yield bench
        finally:
            simulator.terminate()


def waited(bench: Bench) -> dict[str, float]:
    """Export twice, since the simulator makes its data up when it is first asked; return the second run."""
    target = str(bench.folder / "waited.parquet")
    times = ("--since", bench.since, "--until", bench.until, "--to", target, "--replace", "--json")
    command = (*PENDANT, "export", "events", "--connection", "bench", *times)
    run(command, bench.environment)
    ended = run(command, bench.environment)
    return {**ended.answer, "peak_mb": ended.peak_mb}


if __name__ == "__main__":
    main()
