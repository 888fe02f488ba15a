"""Reads one resource of one Pendo connection; implements model.pipeline.Source."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

import pyarrow as pa

from pendant.ahead import read_ahead
from pendant.connectors.declaration import Connector, Resource
from pendant.connectors.pendo import metadata
from pendant.connectors.pendo.asked import Asked, asked_of
from pendant.connectors.pendo.children import Children
from pendant.connectors.pendo.convert import Converter
from pendant.connectors.pendo.entities import Entities
from pendant.connectors.pendo.events import Events
from pendant.connectors.pendo.history import History
from pendant.connectors.pendo.layout import Layout, declared
from pendant.connectors.pendo.lists import Lists
from pendant.connectors.pendo.members import Members
from pendant.connectors.pendo.nested import parent_fields
from pendant.connectors.pendo.nps import Nps
from pendant.connectors.pendo.objects import Objects
from pendant.connectors.pendo.parents import Parents
from pendant.connectors.pendo.pipelines import Pipelines
from pendant.connectors.pendo.record_lines import record_lines
from pendant.connectors.pendo.records import Records
from pendant.connectors.pendo.rows import Rows
from pendant.connectors.pendo.schemas import Schemas
from pendant.connectors.pendo.seen import Seen
from pendant.connectors.pendo.sizes import SIZES, Sizes
from pendant.connectors.pendo.zone import zone_of
from pendant.model.export import Export
from pendant.model.http import Channel
from pendant.model.pipeline import RECORD_FIELD, RECORDS_SCHEMA, RunMeter, Shape
from pendant.model.run import Slice


class PendoSource:
    """Safe to read from several threads, different slices. The layout is found out when it is first needed."""

    def __init__(self, records: Records, layout: Callable[[], Layout], shape: Shape) -> None:
        self.records = records
        self._shape = shape
        self._make_layout = layout
        self._lock = threading.Lock()
        self._made: tuple[Layout, Converter] | None = None

    @property
    def schema(self) -> pa.Schema:
        if self._shape is Shape.RECORDS:
            return RECORDS_SCHEMA
        columns = self._layout()[0].schema
        return columns.append(RECORD_FIELD) if self._shape is Shape.BOTH else columns

    def plan(self) -> Sequence[Slice]:
        return self.records.plan()

    def split(self, part: Slice) -> tuple[Slice, Slice] | None:
        return self.records.split(part)

    def count(self, part: Slice) -> int | None:
        return self.records.count(part)

    def read(self, part: Slice, meter: RunMeter) -> Iterator[pa.RecordBatch]:
        for batch in self._batches(part, meter):
            meter.rows_read(batch.num_rows)
            yield batch

    def _batches(self, part: Slice, meter: RunMeter) -> Iterator[pa.RecordBatch]:
        if self._shape is Shape.RECORDS:
            for records in read_ahead(lambda: self.records.read(part, meter), name="read-ahead"):
                yield pa.RecordBatch.from_arrays([record_lines(records, meter)], schema=RECORDS_SCHEMA)
            return
        converter = self._layout()[1]
        for piece in read_ahead(lambda: map(converter.look, self.records.read(part, meter)), name="read-ahead"):
            batch = converter.batch(piece, meter)
            if self._shape is Shape.BOTH:
                # What there is to note, the converter has noted.
                batch = batch.append_column(RECORD_FIELD, record_lines(piece.records, None))
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
    shape: Shape = Shape.COLUMNS,
    time_zone: Callable[[], str] | None = None,
    sizes: Sizes = SIZES,
) -> PendoSource:
    """Open a resource. Raises WrongInput where the export asks for what the resource does not have."""
    asked = asked_of(export, resource, now)
    records = _records(
        channel,
        connector,
        resource,
        asked,
        sizes=sizes,
        time_zone=time_zone or partial(time_zone_of, channel, now),
    )

    def layout() -> Layout:
        if isinstance(records, Pipelines):
            return Layout(records.columns())
        if resource.metadata:
            return Layout(metadata.columns(channel, connector, resource))
        return Layout(declared(connector.columns_of(resource)))

    return PendoSource(records, layout, shape)


def time_zone_of(channel: Channel, now: datetime) -> str:
    """Ask for the zone at whose midnights the days of the subscription begin; empty for an unknown one."""
    found = zone_of(channel, now)
    return found.key if found else ""


def _records(
    channel: Channel,
    connector: Connector,
    resource: Resource,
    asked: Asked,
    *,
    sizes: Sizes,
    time_zone: Callable[[], str],
) -> Records:
    span = {"since": asked.since, "until": asked.until}
    names = parent_fields(connector, resource)

    def above() -> Resource:
        return connector.resource(resource.parent)

    def parents() -> Parents:
        return Parents(channel, above(), asked.apps, asked.ids, names)

    kinds: dict[str, Callable[[], Records]] = {
        "entity": partial(Entities, channel, resource, sizes=sizes),
        "rows": partial(Rows, channel, resource),
        "list": partial(Lists, channel, resource, apps=asked.apps, parent_names=names),
        "object": partial(Objects, channel, resource, apps=asked.apps),
        "event": partial(Events, channel, resource, **span, apps=asked.apps, sizes=sizes),
        "seen": partial(Seen, channel, resource, **span, apps=asked.apps, sizes=sizes),
        "children": lambda: Children(channel, resource, parents()),
        "members": lambda: Members(channel, resource, parents()),
        "history": partial(History, channel, resource, **span, now=asked.now, ids=asked.ids),
        "nps": lambda: Nps(channel, resource, above(), apps=asked.apps, ids=asked.ids),
        "aggregation": partial(Pipelines, channel, connector, asked, time_zone, sizes=sizes),
        "schema": partial(Schemas, channel),
    }
    return kinds[resource.kind]()
