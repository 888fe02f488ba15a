"""How fast Pendo is read: rows per second, CPU per row and peak memory of the floor and of the whole source.

    PYTHONPATH=src python bench/source_speed.py [--visitors 50000] [--events-per-day 5000] [--days 30]

The simulator runs in a process of its own, so that the CPU seconds are those of the reader alone. The floor fetches
the same bodies over the same channel, cuts them and drops the records; "first" is the floor of the first request.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import resource as limits
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from pendant.connectors.catalogue import Catalogue, load, resource_of
from pendant.connectors.pendo.source import PendoSource, source
from pendant.egress import Egress
from pendant.model.clock import SystemClock
from pendant.model.connection import Connection
from pendant.model.export import Export
from pendant.model.http import Channel
from pendant.model.run import Note
from pendant.model.secret import Secret


class Silent:
    def rows_read(self, count: int) -> None:
        pass

    def note(self, note: Note) -> None:
        print("  note:", note.message)

    def undeclared(self, fields: Iterable[str]) -> None:
        print("undeclared:", ", ".join(fields), file=sys.stderr)

    def request_sent(self) -> None:
        pass

    def retried(self, reason: str, wait_seconds: float) -> None:
        print(f"  retried after {wait_seconds:.1f} s: {reason}")

    def bytes_received(self, count: int) -> None:
        pass


class Opener:
    def __init__(self, key: str) -> None:
        self._key = key

    def open(self, connection: Connection) -> Secret:
        assert connection.name == "b"
        return Secret(self._key)


@contextmanager
def simulator(options: argparse.Namespace) -> Iterator[dict[str, str]]:
    command = [
        sys.executable,
        "-m",
        "pendosim",
        "serve",
        "--visitors",
        str(options.visitors),
        "--days",
        str(options.days),
    ]
    command += ["--events-per-day", str(options.events_per_day)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


@contextmanager
def channel_to(ready: dict[str, str], catalogue: Catalogue) -> Iterator[Channel]:
    network = ipaddress.ip_network("127.0.0.0/8")
    egress = Egress(allow_networks=(network,), opener=Opener(ready["key"]), clock=SystemClock())
    http = replace(catalogue.connector("pendo").api_types[0].settings(ready["api"]), network="private")
    connection = Connection(id="b", name="b", application="pendo", api_type="engage", http=http)
    try:
        yield egress.channel(connection, meter=Silent())
    finally:
        egress.close()


def measured(name: str, rows_of: Callable[[], int]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    rows = rows_of()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = limits.getrusage(limits.RUSAGE_SELF).ru_maxrss / 1024
    speed = f"{rows / wall:>10,.0f} rows/s {cpu / rows * 1e6:>6.2f} us/row CPU {peak:>5.0f} MB peak"
    print(f"{name:24} {rows:>9,} rows {speed}")


def floor(opened: PendoSource) -> int:
    """Fetch, cut and drop."""
    return sum(len(found) for part in opened.plan() for found in opened.records.read(part, Silent()))


def whole(opened: PendoSource) -> int:
    meter = Silent()
    return sum(batch.num_rows for part in opened.plan() for batch in opened.read(part, meter))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--visitors", type=int, default=50_000)
    parser.add_argument("--events-per-day", type=int, default=5_000)
    parser.add_argument("--days", type=int, default=30)
    options = parser.parse_args()
    catalogue = load()
    connector = catalogue.connector("pendo")
    with simulator(options) as ready, channel_to(ready, catalogue) as channel:
        for name in ("visitors", "events", "pageEvents"):
            export = Export(resource=name, connection="b", target="")
            resource = resource_of(connector, name)
            opened = source(channel, connector, resource, export, now=datetime.now(UTC))
            opened.schema  # noqa: B018 - what is asked once is not part of the measure
            floor(opened)
            measured(f"{name}: floor", lambda opened=opened: floor(opened))
            measured(f"{name}: source.read", lambda opened=opened: whole(opened))


if __name__ == "__main__":
    main()
