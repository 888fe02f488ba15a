"""How fast rows become a file: rows/s, CPU and memory of every kind of target.

    python bench/destination_speed.py [ROWS]

Events have 28 columns and about 840 bytes as JSON, visitors 40 columns and about 1.1 kB. Each target is written in a
process of its own, ten slices one after another; what Python and Arrow need before the first row is subtracted.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from pendant.connectors.destinations import open_destination
from pendant.model.export import Export
from pendant.model.run import Slice

TARGETS = ["parquet", "jsonl", "jsonl.zst", "jsonl.gz", "csv", "csv.zst", "duckdb"]
SLICES = 10
BATCH_ROWS = 6_000
TIME = pa.timestamp("ms", "UTC")
MARK = {b"pendant:json": b"1"}
DAY = 86_400_000
BEGIN = 1_710_046_800_000

Maker = Callable[[random.Random], object]


def chance(source: random.Random, share: float) -> bool:
    return source.random() < share


def event_columns() -> dict[str, tuple[pa.DataType, Maker]]:
    text, number, real = pa.string(), pa.int64(), pa.float64()
    agents = [
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/{v}.0.0.0 Safari/537.36"
        for v in range(90)
    ]
    columns: dict[str, tuple[pa.DataType, Maker]] = {
        "visitorId": (text, lambda r: f"visitor-{r.randrange(200_000):06}@example.com"),
        "accountId": (text, lambda r: f"account-{r.randrange(2_000):04}"),
        "appId": (number, lambda r: r.choice([-323_232, 5_267_104_386_195_456])),
        "day": (TIME, lambda r: BEGIN + DAY * r.randrange(30)),
        "pageId": (text, lambda r: f"EfatjsUqKYSrqv18O1FlA3h{r.randrange(700):04}"),
        "numEvents": (number, lambda r: r.randrange(100)),
        "numMinutes": (number, lambda r: r.randrange(30)),
        "firstTime": (TIME, lambda r: BEGIN + r.randrange(DAY)),
        "lastTime": (TIME, lambda r: BEGIN + r.randrange(DAY)),
        "server": (text, lambda r: r.choice(["app.example.com", "eu.example.com"])),
        "remoteIp": (text, lambda r: f"203.0.113.{r.randrange(256)}"),
        "userAgent": (text, lambda r: r.choice(agents)),
        "country": (text, lambda r: r.choice(["US", "DE", "JP", "FR"])),
        "region": (text, lambda r: r.choice(["ca", "ny", "by", "13"])),
        "latitude": (real, lambda r: round(r.uniform(-90, 90), 4)),
        "longitude": (real, lambda r: round(r.uniform(-180, 180), 4)),
        "lastKeyFrameTimestamp": (TIME, lambda r: BEGIN + r.randrange(DAY) if chance(r, 0.3) else None),
        "parameters": (text, lambda r: f'{{"parameter":"{r.randrange(1000)}"}}'),
        "properties": (
            text,
            lambda r: '{"__sg__":{"visitormetadata.agent__role":"admin"}}' if chance(r, 0.3) else "{}",
        ),
        "more": (text, lambda _: None),
    }
    for name in ("tabId", "analyticsSessionId", "recordingId", "recordingSessionId"):
        columns[name] = (text, lambda r: f"{r.getrandbits(64):016x}")
    for name in ("rageClickCount", "errorClickCount", "deadClickCount", "uTurnCount"):
        columns[name] = (number, lambda r: r.randrange(3) if chance(r, 0.1) else 0)
    return columns


def visitor_columns() -> dict[str, tuple[pa.DataType, Maker]]:
    text, number = pa.string(), pa.int64()
    columns: dict[str, tuple[pa.DataType, Maker]] = {
        "visitorId": (text, lambda r: f"visitor-{r.randrange(10**9):09}@example.com"),
        "auto_accountids": (pa.list_(text), lambda r: [f"account-{r.randrange(2_000):04}"] * r.randrange(1, 3)),
        "auto_idhash": (number, lambda r: r.getrandbits(32)),
        "auto_lastuseragent": (text, lambda r: f"Mozilla/5.0 (Macintosh) AppleWebKit/537.36 Chrome/{r.randrange(90)}"),
        "agent_language": (text, lambda r: r.choice(["en", "de", "es_419"])),
        "agent_active": (pa.bool_(), lambda r: chance(r, 0.5)),
        "more": (text, lambda r: '{"agent":{"plan":"pro"}}' if chance(r, 0.1) else None),
    }
    for name in ("firstvisit", "lastvisit", "lastupdated", "createdat", "agent_signup"):
        columns[f"auto_{name}"] = (TIME, lambda r: BEGIN + r.randrange(DAY))
    for number_of in range(8):
        columns[f"agent_count_{number_of}"] = (number, lambda r: r.randrange(1000))
    for number_of in range(20):
        columns[f"agent_text_{number_of:02}"] = (
            text,
            lambda r: f"value {r.randrange(5000)} of a field" if chance(r, 0.7) else None,
        )
    return columns


COLUMNS = {"events": event_columns, "visitors": visitor_columns}


def rows(kind: str, count: int) -> pa.Table:
    source = random.Random(7)
    made = {
        name: (data_type, [make(source) for _ in range(count)]) for name, (data_type, make) in COLUMNS[kind]().items()
    }
    fields = [
        pa.field(name, data_type, metadata=MARK if name in {"parameters", "properties", "more"} else None)
        for name, (data_type, _) in made.items()
    ]
    return pa.table(
        {name: pa.array(values, data_type) for name, (data_type, values) in made.items()}, pa.schema(fields)
    )


def batches(table: pa.Table, first: int, count: int) -> Iterator[pa.RecordBatch]:
    """Slices of a table repeat: what is measured is writing, not making rows."""
    while count > 0:
        piece = table.slice(first % table.num_rows, min(count, BATCH_ROWS))
        yield from piece.to_batches()
        first, count = first + piece.num_rows, count - piece.num_rows


def measured(kind: str, ending: str, count: int) -> dict[str, float]:
    table = rows(kind, 24_000)
    # One round first, so that what happens once in a process is not taken for the price of a row.
    written(table, ending, SLICES * BATCH_ROWS)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    clock, processor = time.monotonic(), time.process_time()
    size = written(table, ending, count)
    seconds, cpu = time.monotonic() - clock, time.process_time() - processor
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    return {"seconds": seconds, "cpu": cpu, "bytes": size, "peak": memory + grown, "grown": grown}


def written(table: pa.Table, ending: str, count: int) -> int:
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        export = Export("rows", "bench", str(Path(folder) / f"out.{ending}"))
        destination = open_destination(export, run_id="bench", may_replace=False)
        destination.ensure_schema(table.schema)
        parts = [Slice(f"s{number}", 0, 0) for number in range(SLICES)]
        for number, part in enumerate(parts):
            destination.replace_slice(part, batches(table, number * (count // SLICES), count // SLICES))
        return destination.publish(parts).bytes


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    print(f"{count:,} rows, {SLICES} slices, one writing thread; pyarrow {pa.__version__}")
    print(f"{'':22}{'rows/s':>10}{'rows/CPU s':>12}{'bytes/row':>11}{'peak MB':>9}{'grown MB':>10}")
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for kind in COLUMNS:
            for ending in TARGETS:
                found = pool.apply(measured, (kind, ending, count))
                print(
                    f"{kind + ' → ' + ending:22}{count / found['seconds']:>10,.0f}{count / found['cpu']:>12,.0f}"
                    f"{found['bytes'] / count:>11,.0f}{found['peak'] / 1024:>9,.0f}{found['grown'] / 1024:>10,.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
