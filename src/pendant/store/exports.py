"""Stored exports, how far they have come, and which columns their last run saw."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, update
from sqlalchemy import delete as delete_from
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import IntegrityError

from pendant.errors import Conflict
from pendant.model.export import Export, Position, StoredExport
from pendant.model.imprint import Imprint
from pendant.model.names import name_key
from pendant.store.tables import connections, export_days, export_positions, exports
from pendant.store.transaction import Transaction


def insert(tx: Transaction, stored: StoredExport, connection_id: str) -> None:
    """Raise Conflict `name_taken` when an export of that name exists, whatever its case."""
    try:
        tx.execute(exports.insert().values(_values(stored, connection_id)))
    except IntegrityError:
        _refuse_taken_name(tx, stored)
        raise


def get(tx: Transaction, export_id: str) -> StoredExport | None:
    return _one(tx, exports.c.id == export_id)


def by_name(tx: Transaction, name: str) -> StoredExport | None:
    return _one(tx, exports.c.name_key == name_key(name))


def search(tx: Transaction, text: str = "", connection_id: str | None = None) -> list[StoredExport]:
    """Return the exports in whose name, resource or connection `text` occurs, all when empty, by name."""
    query = _with_connection().order_by(exports.c.name_key)
    if text.strip():
        columns = (exports.c.name_key, func.lower(exports.c.resource), connections.c.name_key)
        query = query.where(or_(*(column.contains(name_key(text), autoescape=True) for column in columns)))
    if connection_id is not None:
        query = query.where(exports.c.connection_id == connection_id)
    return [_stored(row) for row in tx.execute(query)]


def replace(tx: Transaction, stored: StoredExport, connection_id: str, *, expected_version: int) -> bool:
    """Write every field unless somebody else saved in between; return False then, or when there is no such export."""
    query = (
        update(exports)
        .where(exports.c.id == stored.id, exports.c.version == expected_version)
        .values(_values(stored, connection_id))
    )
    try:
        return tx.execute(query).rowcount == 1
    except IntegrityError:
        _refuse_taken_name(tx, stored)
        raise


def delete(tx: Transaction, export_id: str) -> bool:
    return tx.execute(delete_from(exports).where(exports.c.id == export_id)).rowcount == 1


def columns_seen(tx: Transaction, export_id: str) -> dict[str, str] | None:
    """Return the columns that the last run saw, from name to type; None before the first."""
    found: dict[str, str] | None = tx.execute(
        select(exports.c.columns_seen).where(exports.c.id == export_id)
    ).scalar_one_or_none()
    return found


def save_columns_seen(tx: Transaction, export_id: str, columns: Mapping[str, str]) -> None:
    tx.execute(update(exports).where(exports.c.id == export_id).values(columns_seen=dict(columns)))


def position(tx: Transaction, export_id: str, resource: str, apps: tuple[str, ...]) -> Position | None:
    row = tx.execute(select(export_positions).where(_of(export_id, resource, apps))).first()
    return None if row is None else Position(row.began, row.position, row.final, row.moved_at)


def save_position(
    tx: Transaction, export_id: str, resource: str, apps: tuple[str, ...], *, moved: Position, at: datetime
) -> None:
    values = {"began": moved.began, "position": moved.position, "final": moved.final, "moved_at": at}
    query = upsert(export_positions).values(export_id=export_id, resource=resource, apps=apps_key(apps), **values)
    tx.execute(query.on_conflict_do_update(index_elements=["export_id", "resource", "apps"], set_=values))


def days(tx: Transaction, export_id: str, resource: str, apps: tuple[str, ...]) -> dict[int, Imprint]:
    """Return what is known of the days that may be read again, by their beginning in ms."""
    found = tx.execute(select(export_days).where(_days_of(export_id, resource, apps)))
    return {row.since: Imprint.from_bytes(row.rows, row.imprint) for row in found}


def save_days(
    tx: Transaction, export_id: str, resource: str, apps: tuple[str, ...], *, known: Mapping[int, Imprint]
) -> None:
    """Keep these days and no others."""
    tx.execute(delete_from(export_days).where(_days_of(export_id, resource, apps)))
    whose = {"export_id": export_id, "resource": resource, "apps": apps_key(apps)}
    rows = [
        whose | {"since": since, "rows": imprint.rows, "imprint": imprint.as_bytes()}
        for since, imprint in known.items()
    ]
    if rows:
        tx.execute(export_days.insert(), rows)


def forget_positions(tx: Transaction, export_id: str) -> bool:
    """Let the next run begin anew; return whether there was something to forget."""
    tx.execute(delete_from(export_days).where(export_days.c.export_id == export_id))
    return tx.execute(delete_from(export_positions).where(export_positions.c.export_id == export_id)).rowcount > 0


def apps_key(apps: tuple[str, ...]) -> str:
    """Return the same text for the same applications in any order."""
    return ",".join(sorted(set(apps)))


def _of(export_id: str, resource: str, apps: tuple[str, ...]) -> ColumnElement[bool]:
    table = export_positions.c
    return and_(table.export_id == export_id, table.resource == resource, table.apps == apps_key(apps))


def _days_of(export_id: str, resource: str, apps: tuple[str, ...]) -> ColumnElement[bool]:
    table = export_days.c
    return and_(table.export_id == export_id, table.resource == resource, table.apps == apps_key(apps))


def _with_connection() -> Select[Any]:
    name = connections.c.name.label("connection_name")
    return select(exports, name).join(connections, connections.c.id == exports.c.connection_id)


def _one(tx: Transaction, condition: ColumnElement[bool]) -> StoredExport | None:
    row = tx.execute(_with_connection().where(condition)).first()
    return None if row is None else _stored(row)


def _values(stored: StoredExport, connection_id: str) -> dict[str, Any]:
    return {
        "id": stored.id,
        "name": stored.name,
        "name_key": name_key(stored.name),
        "connection_id": connection_id,
        "resource": stored.export.resource,
        "definition": stored.export.as_json(),
        "version": stored.version,
        "created_at": stored.created_at,
        "updated_at": stored.updated_at,
        "updated_by": stored.updated_by,
    }


def _stored(row: Row[Any]) -> StoredExport:
    # The connection is kept by its id: under which name it goes now, its own row says.
    definition = row.definition | {"connection": row.connection_name}
    return StoredExport(
        id=row.id,
        name=row.name,
        export=Export.from_json(definition),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )


def _refuse_taken_name(tx: Transaction, stored: StoredExport) -> None:
    other = by_name(tx, stored.name)
    if other is not None and other.id != stored.id:
        raise Conflict(
            "name_taken",
            f"There is already an export named {other.name!r}.",
            hint="Choose another name; upper and lower case count as the same.",
            field="name",
        ) from None
