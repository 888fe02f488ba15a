"""What an export would do: its plan, without reading a row, and its first rows, without writing one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as with_changes
from typing import Any

from pendant.app import App
from pendant.connectors.declaration import Resource
from pendant.engine.ends import load_of, resource_for, source_for
from pendant.engine.memory import first_rows
from pendant.engine.meter import Tally
from pendant.engine.position import course_of
from pendant.engine.zones import time_zone_of
from pendant.errors import RemoteProblem, WrongInput
from pendant.model.access import Actor, Permission
from pendant.model.connection import Connection
from pendant.model.export import Export, Mode, Position
from pendant.model.pipeline import LoadMode, Source
from pendant.model.run import Note, Slice, Span
from pendant.services.export_check import checked_source
from pendant.services.exports import stored_export
from pendant.services.lookup import resolve
from pendant.services.permission import require
from pendant.transform.sql import transformation

ROWS_DEFAULT, ROWS_MAX = 10, 100
COUNTED_MAX = 200
# Rows that come with one request at most where a resource is read page by page.
PAGE_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class PlannedSlice:
    """`rows` is the other system's own count; None where it cannot be asked, or was not for want of time."""

    slice: Slice
    rows: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do now. `requests` is an estimate, and `rows` None where no slice could be counted.

    `windows` say why an incremental run reads what; `position` is where it stands before, `position_after` afterwards.
    `time_zone` is the one of the other system's days, empty where it is not known.
    """

    mode: Mode
    load: LoadMode
    target: str
    windows: tuple[Span, ...]
    slices: tuple[PlannedSlice, ...]
    rows: int | None
    requests: int
    position: Position | None = None
    position_after: Position | None = None
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """`columns` are names and types; `rows` hold what JSON can: times as text, nested values as lists and maps."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]
    notes: tuple[Note, ...]


def plan(app: App, actor: Actor, reference: str) -> Plan:
    """Return what a run of a stored export would do now. Only counts are asked for."""
    require(actor, Permission.EXPORTS_READ, Permission.CONNECTIONS_USE)
    found = stored_export(app, reference)
    export = found.export
    connection = resolve(app, export.connection)
    resource = resource_for(app, connection, export)
    course = course_of(app, found.id, export, resource, now=app.clock.now())
    windows = course.due.windows if course else None
    parts: Sequence[Slice] = ()
    counted: tuple[PlannedSlice, ...] = ()
    if windows is None or windows:
        source = source_for(app, app.egress, connection, export, windows=windows)
        parts = source.plan()
        counted = tuple(_counted(source, part, ask=place < COUNTED_MAX) for place, part in enumerate(parts))
    known = [each.rows for each in counted if each.rows is not None]
    return Plan(
        mode=export.mode,
        load=load_of(export, resource).mode,
        target=export.target,
        windows=course.due.spans if course else (),
        slices=counted,
        rows=sum(known) if known else None,
        requests=sum(_requests(each, paged=resource.kind == "entity") for each in counted),
        position=course.before if course else None,
        position_after=course.due.position if course else None,
        time_zone=_time_zone(app, connection, resource),
    )


def preview(app: App, actor: Actor, export: Export, *, rows: int = ROWS_DEFAULT) -> Preview:
    """Return the first rows of an export, stored or not, as they would be written. It needs no target."""
    require(actor, Permission.EXPORTS_RUN, Permission.CONNECTIONS_USE)
    if not 1 <= rows <= ROWS_MAX:
        raise WrongInput(
            "rows_invalid", f"{rows} rows cannot be shown; a number from 1 to {ROWS_MAX} is needed.", field="rows"
        )
    connection = checked_source(app, export)
    tally = Tally(app.clock)
    source = source_for(app, app.egress, connection, with_changes(export, limit=0), tally)
    between = transformation(source.schema, select=export.select, filter=export.filter, hasher=app.vault.hasher)
    table = first_rows(source, between, tally, app.clock, rows=rows)
    columns = tuple((field.name, str(field.type)) for field in table.schema)
    found = tuple(tuple(_plain(value) for value in row.values()) for row in table.to_pylist())
    return Preview(columns, found, tally.notes)


def _time_zone(app: App, connection: Connection, resource: Resource) -> str:
    """Return the time zone; what has no time is no reason to ask for it."""
    if not resource.time and resource.kind != "aggregation":
        return connection.time_zone
    try:
        return time_zone_of(app, app.egress, connection)
    except RemoteProblem:
        # Said to be unknown; a run that needs it asks again, and says what went wrong.
        return ""


def _counted(source: Source, part: Slice, *, ask: bool) -> PlannedSlice:
    try:
        return PlannedSlice(part, source.count(part) if ask else None)
    except RemoteProblem:
        # A plan without a number is still a plan; the run itself counts again, and says when it cannot.
        return PlannedSlice(part, None)


def _requests(part: PlannedSlice, *, paged: bool) -> int:
    """Return the requests of one slice: its rows, and the count before them where there is one."""
    if part.rows is None:
        return 1
    return 1 + (part.rows // PAGE_ROWS + 1 if paged else 1)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
