"""A table of PostgreSQL as a destination.

Slices are staged on this machine. At the end they are copied into a temporary table, which goes with the session
however that ends, and from there into the target in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Any

import pyarrow as pa

from pendant.connectors.files.parts import Parts
from pendant.connectors.files.staging import Staging, target_exists
from pendant.connectors.loading import check_load, checked
from pendant.connectors.postgresql.dialect import (
    NAME_BYTES_MAX,
    PostgreSqlDialect,
    convert,
    short_name,
    stored_type,
)
from pendant.connectors.systems import Place, System
from pendant.connectors.tables.adbc import AdbcSession, converted
from pendant.connectors.tables.loading import Rows, TableLoad
from pendant.connectors.tables.session import MARKS, literal, quoted
from pendant.connectors.tables.staged import ArrowFormat
from pendant.errors import Conflict, WrongInput
from pendant.model.pipeline import Load, Written
from pendant.model.run import Note, Slice

STAGED = "pendant_staged"
_TABLES = ("r", "p")


class PostgreSqlDestination:
    """Implements model.pipeline.Destination for one table."""

    def __init__(
        self,
        place: Place,
        system: System,
        *,
        run_id: str,
        may_replace: bool,
        load: Load,
        note: Callable[[Note], None],
    ) -> None:
        self._place = place
        self._system = system
        self._run_id = run_id
        self._may_replace = may_replace
        self._how = load
        self._note = note
        waiting = sha256(f"{system.connection.id} {place.container} {place.name}".encode()).hexdigest()[:16]
        self._staging = Staging(system.scratch / waiting, run_id)
        self._parts = Parts(self._staging, ArrowFormat())

    def holds(self) -> bool | None:
        with self._opened() as connection:
            return bool(self._session(connection).columns())

    def ensure_schema(self, schema: pa.Schema) -> None:
        self._check_names()
        check_load(self._how, schema)
        with self._opened() as connection:
            self._check(self._session(connection))
        self._system.scratch.mkdir(parents=True, exist_ok=True)
        self._parts.open(schema)

    def replace_slice(self, part: Slice, batches: Iterator[pa.RecordBatch]) -> Written:
        return self._parts.store(part, checked(part, batches, self._how))

    def publish(self, parts: Sequence[Slice]) -> Written:
        paths = self._parts.paths(parts)
        schema, load = self._shortened()
        rows = Rows(self._run_id, schema, parts, paths, load)
        with self._opened() as connection:
            notes = self._loaded(self._session(connection), rows)
        for note in notes:
            self._note(note)
        size = sum(path.stat().st_size for path in paths)
        self._staging.remove()
        return Written(self._parts.rows(parts), size)

    def discard(self) -> None:
        self._staging.remove()

    def _opened(self) -> AbstractContextManager[Any]:
        return self._system.way_out.postgresql(self._system.connection)

    def _session(self, connection: Any) -> AdbcSession:
        columns = (
            "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = "
            f"to_regclass({literal(self._table)}) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        )
        return AdbcSession(connection, PostgreSqlDialect(), columns)

    @property
    def _table(self) -> str:
        return f"{quoted(self._place.container)}.{quoted(self._place.name)}"

    def _stage(self, session: AdbcSession, rows: Rows) -> None:
        dialect = session.dialect
        types = [(quoted(field.name), dialect.column_type(field) or dialect.text) for field in rows.schema]
        session.execute(f"CREATE TEMP TABLE {STAGED} ({', '.join(f'{name} {kind}' for name, kind in types)})")
        session.stage(_stored(rows), STAGED, temporary=True)
        session.execute(f"ANALYZE {STAGED}")

    def _loaded(self, session: AdbcSession, rows: Rows) -> list[Note]:
        session.execute("BEGIN")
        lock = f"SELECT pg_try_advisory_xact_lock(hashtextextended({literal(f'pendant {self._table}')}, 0))::int"
        if not session.number(lock):
            raise Conflict(
                "target_in_use",
                f"Another run is writing {self._table} at this moment.",
                hint="Wait for it to end, or choose another target.",
                field="target",
            )
        self._check(session)
        marks = f"{quoted(self._place.container)}.{quoted(MARKS)}"
        notes = TableLoad(
            session,
            rows,
            table=self._table,
            staged=f"pg_temp.{STAGED}",
            marks=marks,
            stage=lambda: self._stage(session, rows),
            append=lambda: session.stage(_stored(rows), self._place.name, db_schema_name=self._place.container),
        ).run()
        session.execute("COMMIT")
        return [*notes, *self._renamed()]

    def _check(self, session: AdbcSession) -> None:
        """Raise for a schema that is missing, and for what stands there and may not be written to."""
        schema, table = literal(self._place.container), literal(self._place.name)
        if not session.number(f"SELECT count(*) FROM pg_namespace WHERE nspname = {schema}"):
            raise WrongInput(
                "schema_missing",
                f'The database has no schema "{self._place.container}".',
                hint="Create it there, or choose another target.",
                field="target",
            )
        found = session.found(
            "SELECT relkind::text FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
            f"WHERE nspname = {schema} AND relname = {table}"
        )
        if found and found[0][0] not in _TABLES:
            raise WrongInput(
                "target_is_view",
                f"{self._table} is a view or another thing that is no table.",
                hint="Choose another target.",
                field="target",
            )
        if found and not self._may_replace:
            raise target_exists(f"The table {self._table}")

    def _check_names(self) -> None:
        for name in (self._place.container, self._place.name):
            if not name.strip() or "\0" in name or len(name.encode()) > NAME_BYTES_MAX:
                raise WrongInput(
                    "table_name_invalid",
                    f'"{name}" cannot name a table or schema of PostgreSQL: up to {NAME_BYTES_MAX} bytes are possible.',
                    hint="Write postgresql:CONNECTION#schema.table.",
                    field="target",
                )

    def _shortened(self) -> tuple[pa.Schema, Load]:
        """Return the schema and the load with names that the server takes as they are."""
        schema = pa.schema([field.with_name(short_name(field.name)) for field in self._parts.schema])
        load = Load(self._how.mode, tuple(map(short_name, self._how.key)), short_name(self._how.time))
        return schema, load

    def _renamed(self) -> list[Note]:
        return [
            Note("column_shortened", f'The column "{name}" has too long a name and is "{short_name(name)}" there.')
            for name in self._parts.schema.names
            if short_name(name) != name
        ]


def _stored(rows: Rows) -> pa.RecordBatchReader:
    """Return the rows in the types in which they go over."""
    stored = pa.schema([pa.field(field.name, stored_type(field)) for field in rows.schema])
    return converted(rows.reader(), stored, convert)
