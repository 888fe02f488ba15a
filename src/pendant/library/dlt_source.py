"""Pendo as a source of dlt: rows as Arrow, and how far each resource was read in dlt's own state.

Events are read in windows of whole days, and a day that is read again takes the place of that day in the target: rows
say their day in a column of its own, by which dlt merges. Everything else is read whole and merged by its key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from pendant.connectors.declaration import Resource
from pendant.connectors.extras import dlt_library
from pendant.connectors.loading import compute
from pendant.engine.ends import column_of
from pendant.errors import WrongInput
from pendant.library.installation import Installation, open_installation
from pendant.model.export import Delays, Position
from pendant.model.incremental import due

DAY_COLUMN = "pendant_day"
DAYS_BY_DEFAULT = 30
_DAY = timedelta(days=1)
_MOMENTS = ("began", "position", "final")


def dlt_source(
    resources: Sequence[str], *, connection: str, since: datetime | None = None, delays: Delays | None = None
) -> Any:
    """Return a source of dlt with the resources named, to be given to `pipeline.run`.

    `since` is where the first run begins to read events (default: 30 days ago); later runs go on where the last one
    ended, as `delays` say. Raises SetupProblem without the extra dlt, and WrongInput for names that are not known.
    """
    dlt = dlt_library()
    delays = delays or Delays()
    if not delays.lookback_days:
        raise WrongInput(
            "delay_invalid",
            "lookback_days is 0; a day that was read in part is read whole again, for which it needs at least 1.",
            field="lookback_days",
        )
    with open_installation() as installation:
        declared = [installation.resource(name, connection=connection) for name in resources]
    wanted = [_Wanted(resource, connection, since, delays) for resource in declared]

    @dlt.source(name="pendo")  # type: ignore[untyped-decorator] # dlt is an extra, and seen as Any
    def pendo() -> list[Any]:
        return [one.as_resource(dlt) for one in wanted]

    return pendo()


@dataclass(frozen=True, slots=True)
class _Wanted:
    resource: Resource
    connection: str
    since: datetime | None
    delays: Delays

    @property
    def loading(self) -> dict[str, Any]:
        """Say how dlt is to load the rows."""
        if self.resource.time:
            return {"write_disposition": "merge", "merge_key": DAY_COLUMN}
        key = [column_of(path) for path in self.resource.key]
        return {"write_disposition": "merge", "primary_key": key} if key else {"write_disposition": "replace"}

    def as_resource(self, dlt: Any) -> Any:
        def rows() -> Iterator[pa.Table]:
            yield from self._rows(dlt)

        return dlt.resource(rows, name=self.resource.name, **self.loading)

    def _rows(self, dlt: Any) -> Iterator[pa.Table]:
        # Each resource opens the installation for itself: dlt says neither in which order it reads nor when it is done.
        with open_installation() as installation:
            if not self.resource.time:
                yield from _tables(installation.export(self.resource.name, connection=self.connection))
                return
            yield from self._events(installation, dlt.current.resource_state())

    def _events(self, installation: Installation, state: dict[str, str]) -> Iterator[pa.Table]:
        now = datetime.now(UTC)
        start = _day(self.since or now - timedelta(days=DAYS_BY_DEFAULT))
        bucket = _DAY if self.resource.bucketed else timedelta()
        found = due(_position(state), now, start, self.delays, bucket=bucket)
        for since, until in found.windows:
            reader = installation.export(self.resource.name, connection=self.connection, since=since, until=until)
            for table in _tables(reader):
                yield _with_day(table, column_of(self.resource.time))
        # dlt keeps it together with the rows: when they are not loaded, it does not move.
        state.update({name: getattr(found.position, name).isoformat() for name in _MOMENTS})


def _position(state: Mapping[str, str]) -> Position | None:
    if "position" not in state:
        return None
    return Position(*(datetime.fromisoformat(state[name]) for name in _MOMENTS))


def _tables(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """Yield the rows with times in us, which every target of dlt takes; without any row, the columns alone."""
    schema = pa.schema(
        [
            field.with_type(pa.timestamp("us", "UTC")) if pa.types.is_timestamp(field.type) else field
            for field in reader.schema
        ]
    ).remove_metadata()
    empty = True
    for batch in reader:
        empty = False
        yield pa.Table.from_batches([batch]).cast(schema)
    if empty:
        yield schema.empty_table()


def _with_day(table: pa.Table, time: str) -> pa.Table:
    return table.append_column(DAY_COLUMN, compute.floor_temporal(table[time], unit="day").cast(pa.date32()))


def _day(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
