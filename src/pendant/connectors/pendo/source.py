"""Reads one resource of one Pendo connection; implements model.pipeline.Source."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from pendant.connectors.declaration import Connector, Resource
from pendant.connectors.pendo import metadata
from pendant.connectors.pendo.ahead import read_ahead
from pendant.connectors.pendo.convert import Converter
from pendant.connectors.pendo.entities import PAGE_SIZE, ROWS_PER_SLICE, Entities
from pendant.connectors.pendo.events import Events
from pendant.connectors.pendo.layout import Layout, declared
from pendant.connectors.pendo.lists import Lists
from pendant.connectors.pendo.records import Records
from pendant.connectors.pendo.schemas import Schemas
from pendant.errors import WrongInput
from pendant.model.export import Export
from pendant.model.http import Channel
from pendant.model.pipeline import RunMeter
from pendant.model.run import Slice

DAYS_BY_DEFAULT = 30
_APP_ID_MAX = 2**63


class PendoSource:
    """Safe to read from several threads, different slices. The layout is found out when it is first needed."""

    def __init__(self, records: Records, layout: Callable[[], Layout]) -> None:
        self.records = records
        self._make_layout = layout
        self._lock = threading.Lock()
        self._made: tuple[Layout, Converter] | None = None

    @property
    def schema(self) -> pa.Schema:
        return self._layout()[0].schema

    def plan(self) -> Sequence[Slice]:
        return self.records.plan()

    def split(self, part: Slice) -> tuple[Slice, Slice] | None:
        return self.records.split(part)

    def count(self, part: Slice) -> int | None:
        return self.records.count(part)

    def read(self, part: Slice, meter: RunMeter) -> Iterator[pa.RecordBatch]:
        converter = self._layout()[1]
        for records in read_ahead(lambda: self.records.read(part, meter)):
            batch = converter.batch(records, meter)
            meter.rows_read(batch.num_rows)
            yield batch

    def _layout(self) -> tuple[Layout, Converter]:
        with self._lock:
            if self._made is None:
                layout = self._make_layout()
                self._made = (layout, Converter(layout))
            return self._made


def source(
    channel: Channel,
    connector: Connector,
    resource: Resource,
    export: Export,
    *,
    now: datetime,
    page_size: int = PAGE_SIZE,
    rows_per_slice: int = ROWS_PER_SLICE,
    window_days: int | None = None,
) -> PendoSource:
    """Open a resource. Raises WrongInput where the export asks for what the resource does not have."""
    apps = _apps(export, resource)
    since, until = _span(export, resource, now)

    def layout() -> Layout:
        if resource.metadata:
            return Layout(metadata.columns(channel, connector, resource))
        return Layout(declared(connector.columns_of(resource)))

    records: dict[str, Callable[[], Records]] = {
        "entity": lambda: Entities(channel, resource, page_size=page_size, rows_per_slice=rows_per_slice),
        "list": lambda: Lists(channel, resource, apps=apps),
        "event": lambda: Events(channel, resource, since=since, until=until, apps=apps, window_days=window_days),
        "schema": lambda: Schemas(channel),
    }
    return PendoSource(records[resource.kind](), layout)


def _apps(export: Export, resource: Resource) -> list[int]:
    if export.apps and not resource.apps:
        raise WrongInput(
            "apps_not_supported",
            f"{resource.title} belong to the whole subscription; applications cannot be chosen.",
            hint="Leave the applications out.",
            field="apps",
        )
    apps = []
    for text in export.apps:
        digits = text.strip().removeprefix("-")
        if not (digits.isascii() and digits.isdecimal()) or int(digits) >= _APP_ID_MAX:
            raise WrongInput(
                "apps_invalid",
                f"{text[:60]!r} is not an application id; a whole number such as -323232 is needed.",
                field="apps",
            )
        apps.append(int(text))
    return list(dict.fromkeys(apps))


def _span(export: Export, resource: Resource, now: datetime) -> tuple[int, int]:
    if resource.kind != "event":
        if export.since or export.until:
            raise WrongInput(
                "time_not_supported",
                f"{resource.title} have no event time; since and until cannot be used.",
                hint="Leave them out and use a filter on a column.",
                field="since" if export.since else "until",
            )
        return 0, 0
    until = _utc(export.until or now)
    since = _utc(export.since) if export.since else until - timedelta(days=DAYS_BY_DEFAULT)
    if since >= until:
        raise WrongInput(
            "since_after_until",
            f"The time begins at {since.isoformat()} and ends at {until.isoformat()}; it must begin before it ends.",
            field="since",
        )
    return _ms(since), _ms(until)


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _ms(time: datetime) -> int:
    """Return the first millisecond that is not before `time`."""
    since_epoch = time - datetime(1970, 1, 1, tzinfo=UTC)
    return -(-since_epoch // timedelta(milliseconds=1))
