"""Sources that read from a simulated Pendo over the real egress."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from pendant.connectors.catalogue import Catalogue, api_type_of, resource_of
from pendant.connectors.pendo.sizes import SIZES, Sizes
from pendant.connectors.pendo.source import PendoSource, source
from pendant.egress import Egress
from pendant.model.clock import SystemClock
from pendant.model.connection import Connection
from pendant.model.export import Export
from pendant.model.http import Channel
from pendant.model.pipeline import Shape
from pendant.model.run import Note
from pendant.model.secret import Secret
from pendosim.running import Pendo, running

NOW = 1_710_171_000_000  # 2024-03-11 15:30 UTC, the day after a 23-hour day in New York
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


class Opener:
    """Knows one token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def open(self, connection: Connection) -> Secret:
        return Secret(self._token)


@dataclass
class Counts:
    """A meter that remembers."""

    rows: int = 0
    requests: int = 0
    retries: int = 0
    bytes: int = 0
    notes: list[Note] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)

    def request_sent(self) -> None:
        self.requests += 1

    def retried(self, reason: str, wait_seconds: float) -> None:
        self.retries += 1

    def bytes_received(self, count: int) -> None:
        self.bytes += count

    def rows_read(self, count: int) -> None:
        self.rows += count

    def undeclared(self, fields: Iterable[str]) -> None:
        self.fields.update(fields)

    def note(self, note: Note) -> None:
        self.notes.append(note)


@dataclass
class Reading:
    """One simulated subscription and sources that read from it."""

    pendo: Pendo
    catalogue: Catalogue
    channel: Channel
    meter: Counts

    def source(
        self,
        resource: str,
        *,
        shape: Shape = Shape.COLUMNS,
        page=SIZES.page,
        slice_ids=SIZES.slice_ids,
        window_days=0,
        **asked: Any,
    ) -> PendoSource:
        """Open a source; `asked` are fields of the Export."""
        connector = self.catalogue.connector("pendo")
        export = Export(resource=resource, connection="c", target="", **asked)
        return source(
            self.channel,
            connector,
            resource_of(connector, resource),
            export,
            now=_utc(self.pendo.clock.now()),
            shape=shape,
            sizes=Sizes(page, slice_ids, window_days),
        )

    def table(self, resource: str, **settings: Any) -> pa.Table:
        opened = self.source(resource, **settings)
        return read_all(opened, self.meter)


@contextmanager
def opened_reading(
    catalogue: Catalogue, *, key: str | None = None, now: int = NOW, **options: Any
) -> Iterator[Reading]:
    """Start a subscription, and close the way to it at the end. Waits between tries take no time."""
    with running(now=now, **options) as pendo:
        egress = Egress(
            allow_networks=LOOPBACK, opener=Opener(key or pendo.key), clock=SystemClock(), pause=lambda _: None
        )
        try:
            meter = Counts()
            yield Reading(pendo, catalogue, egress.channel(connection_to(catalogue, pendo.api), meter=meter), meter)
        finally:
            egress.close()


def _utc(ms: int):
    return datetime.fromtimestamp(ms / 1000, UTC)


def read_all(opened: PendoSource, meter: Counts) -> pa.Table:
    batches = [batch for part in opened.plan() for batch in opened.read(part, meter)]
    return pa.Table.from_batches(batches, schema=opened.schema)


def connection_to(catalogue: Catalogue, base_uri: str, *, api_type: str = "engage") -> Connection:
    settings = api_type_of(catalogue.connector("pendo"), api_type).settings(base_uri)
    http = replace(settings, network="private")
    return Connection(id="c", name="c", application="pendo", api_type=api_type, http=http)
