"""Puts together what an export asks for: its source, the SQL in the middle, and its destination."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import pyarrow as pa

from pendant.app import App
from pendant.connectors import open_source
from pendant.connectors.catalogue import resource_of
from pendant.connectors.declaration import Resource
from pendant.connectors.destinations import open_destination, takes_records
from pendant.connectors.systems import System
from pendant.engine.slices import Ends
from pendant.engine.zones import time_zone_of
from pendant.errors import Conflict
from pendant.model.connection import Connection
from pendant.model.export import READER, Export, Mode
from pendant.model.http import Meter, WayOut
from pendant.model.incremental import Window
from pendant.model.moments import moment_of
from pendant.model.pipeline import RECORD_FIELD, Destination, Load, LoadMode, RunMeter, Shape, Source
from pendant.model.run import Note, Slice
from pendant.model.vault import Hasher
from pendant.transform.sql import transformation


def resource_for(app: App, connection: Connection, export: Export) -> Resource:
    return resource_of(app.catalogue.connector(connection.application), export.resource)


def load_of(export: Export, resource: Resource) -> Load:
    """Return how the rows reach the target: as asked, or as suits the mode."""
    mode = export.load or _MODES[export.mode, bool(resource.time)]
    key = tuple(column_of(path) for path in resource.key)
    return Load(mode, key=key if mode is LoadMode.MERGE else (), time=column_of(resource.time))


_MODES = {
    (Mode.FULL, True): LoadMode.REPLACE,
    (Mode.FULL, False): LoadMode.REPLACE,
    (Mode.INCREMENTAL, True): LoadMode.SLICES,
    # Entities have no history: all are read, and those that are gone in the other system stay in the target.
    (Mode.INCREMENTAL, False): LoadMode.MERGE,
    (Mode.WINDOW, True): LoadMode.SLICES,
    (Mode.WINDOW, False): LoadMode.REPLACE,
}


def column_of(path: str) -> str:
    return path.replace(".", "_")


def source_for(
    app: App,
    way_out: WayOut,
    connection: Connection,
    export: Export,
    meter: Meter | None = None,
    *,
    windows: Sequence[Window] | None = None,
    shape: Shape = Shape.COLUMNS,
) -> Source:
    """Open what is read; with `windows`, exactly these instead of what `since`, `until` and `last` say."""
    opened = partial(
        open_source,
        app.catalogue,
        way_out,
        connection,
        meter=meter,
        clock=app.clock,
        shape=shape,
        time_zone=partial(time_zone_of, app, way_out, connection, meter),
    )
    if windows is None:
        since = moment_of(export.last, app.clock.now(), "last") if export.last else export.since
        return opened(replace(export, since=since))
    return SeveralWindows([opened(replace(export, since=since, until=until)) for since, until in windows])


def shape_of(export: Export) -> Shape:
    """Let records pass as they came where the target holds them and no columns are chosen. A filter needs columns."""
    if export.select.strip() or not takes_records(export.target):
        return Shape.COLUMNS
    return Shape.BOTH if export.filter.strip() else Shape.RECORDS


def ends_for(
    source: Source,
    export: Export,
    load: Load,
    *,
    system: System | None,
    run_id: str,
    may_replace: bool,
    note: Callable[[Note], None],
    hasher: Callable[[], Hasher],
    reader: Destination | None = None,
) -> Ends:
    """`source` has the shape that `shape_of` says; `system` is the one that the target lies in, see `targets`.

    `reader` takes the rows of the target READER.
    """
    select = f'"{RECORD_FIELD.name}"' if shape_of(export) is Shape.BOTH else export.select
    return Ends(
        source=source,
        transformation=transformation(source.schema, select=select, filter=export.filter, hasher=hasher),
        destination=_reader(reader)
        if export.target == READER
        else open_destination(export, run_id=run_id, may_replace=may_replace, load=load, note=note, system=system),
    )


def _reader(reader: Destination | None) -> Destination:
    if reader is None:
        raise Conflict(
            "reader_gone",
            "The program that read the rows of this run has ended.",
            hint="Let the program ask for them again.",
        )
    return reader


class SeveralWindows:
    """Implements model.pipeline.Source for windows of one resource. A slice says itself which window it lies in."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources

    @property
    def schema(self) -> pa.Schema:
        return self._sources[0].schema

    def plan(self) -> Sequence[Slice]:
        return [part for source in self._sources for part in source.plan()]

    def split(self, part: Slice) -> tuple[Slice, Slice] | None:
        return self._sources[0].split(part)

    def count(self, part: Slice) -> int | None:
        return self._sources[0].count(part)

    def read(self, part: Slice, meter: RunMeter) -> Iterator[pa.RecordBatch]:
        return self._sources[0].read(part, meter)
