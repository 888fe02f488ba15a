"""The floor under every export: fetch through the same client, cut into records, validate, drop.

    python bench/floor.py RESOURCE API SINCE UNTIL < key

Asks for exactly what an export asks for, one request after another, and prints one line of JSON: how many rows there
were and the seconds from the first request to the last record.
"""

from __future__ import annotations

import ipaddress
import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from pendant.connectors.catalogue import load, resource_of
from pendant.connectors.pendo.source import PendoSource, source
from pendant.egress import Egress
from pendant.model.clock import SystemClock
from pendant.model.connection import Connection
from pendant.model.export import Export
from pendant.model.run import Note
from pendant.model.secret import Secret


class Silent:
    """A meter that only speaks of what would spoil the figures."""

    def rows_read(self, count: int) -> None:
        pass

    def undeclared(self, fields: Iterable[str]) -> None:
        print("undeclared:", ", ".join(fields), file=sys.stderr)

    def request_sent(self) -> None:
        pass

    def bytes_received(self, count: int) -> None:
        pass

    def note(self, note: Note) -> None:
        print("note:", note.message, file=sys.stderr)

    def retried(self, reason: str, wait_seconds: float) -> None:
        print(f"retried after {wait_seconds:.1f} s: {reason}", file=sys.stderr)


class _Opener:
    def __init__(self, key: str) -> None:
        self._key = key

    def open(self, _connection: Connection) -> Secret:
        return Secret(self._key)


@contextmanager
def opened(api: str, key: str, export: Export, meter: Silent) -> Iterator[PendoSource]:
    connector = load().connector("pendo")
    http = replace(connector.api_types[0].settings(api), network="private")
    connection = Connection(id="bench", name="bench", application="pendo", api_type="engage", http=http)
    network = ipaddress.ip_network("127.0.0.0/8")
    clock = SystemClock()
    egress = Egress(allow_networks=(network,), opener=_Opener(key), clock=clock)
    try:
        channel = egress.channel(connection, meter=meter)
        yield source(channel, connector, resource_of(connector, export.resource), export, now=clock.now())
    finally:
        egress.close()


def asked(resource: str, since: str, until: str) -> Export:
    """Return an export of `resource`; without a time for "-"."""
    window = [None if text == "-" else datetime.fromisoformat(text) for text in (since, until)]
    return Export(resource, "bench", "", since=window[0], until=window[1])


def main() -> None:
    resource, api, since, until = sys.argv[1:]
    key = sys.stdin.read().strip()
    meter = Silent()
    with opened(api, key, asked(resource, since, until), meter) as pendo:
        started = time.perf_counter()
        rows = sum(len(found) for part in pendo.plan() for found in pendo.records.read(part, meter))
        seconds = time.perf_counter() - started
    print(json.dumps({"rows": rows, "seconds": seconds}))


if __name__ == "__main__":
    main()
