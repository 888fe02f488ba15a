"""Connections, without their tokens."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, or_, select, update
from sqlalchemy import delete as delete_from
from sqlalchemy.exc import IntegrityError

from pendant.errors import Conflict, WrongInput
from pendant.model.connection import Access, Connection, ConnectionStatus, HttpSettings, TestReport
from pendant.model.names import name_key
from pendant.store.database import flush_deleted
from pendant.store.tables import connections
from pendant.store.transaction import Transaction

_UNREADABLE = HttpSettings(base_uri="")

SORTS: dict[str, ColumnElement[Any]] = {
    "name": connections.c.name_key,
    "application": connections.c.application,
    "status": connections.c.status,
    "tested": connections.c.tested_at,
    "updated": connections.c.updated_at,
}


def insert(tx: Transaction, connection: Connection) -> None:
    """Raise Conflict `name_taken` when a connection of that name exists, whatever its case."""
    try:
        tx.execute(connections.insert().values(_values(connection)))
    except IntegrityError:
        _refuse_taken_name(tx, connection)
        raise


def get(tx: Transaction, connection_id: str) -> Connection | None:
    return _one(tx, connections.c.id == connection_id)


def by_name(tx: Transaction, name: str) -> Connection | None:
    return _one(tx, connections.c.name_key == name_key(name))


def search(tx: Transaction, text: str = "", sort: str = "name") -> list[Connection]:
    """Return the connections in which `text` occurs (in name, application, API type or region), all when empty.

    A sort that begins with "-" is descending; those never tested or updated come last either way.
    """
    column = SORTS.get(sort.removeprefix("-"))
    if column is None:
        raise WrongInput(
            "sort_unknown", f"Connections cannot be sorted by {sort!r}.", hint=f"Choose one of {', '.join(SORTS)}."
        )
    order = column.desc() if sort.startswith("-") else column.asc()
    query = select(connections).order_by(order.nulls_last(), connections.c.name_key)
    if text.strip():
        query = query.where(_occurs(name_key(text)))
    return [_connection(row) for row in tx.execute(query)]


def replace(tx: Transaction, connection: Connection, *, expected_version: int) -> bool:
    """Write every field, `connection.version` being the new version, unless somebody else saved in between.

    Return False when the stored version is not `expected_version`, or there is no such connection.
    """
    if connection.version <= expected_version:
        raise ValueError("a save must have a higher version than the one it replaces")
    query = (
        update(connections)
        .where(connections.c.id == connection.id, connections.c.version == expected_version)
        .values(_values(connection))
    )
    try:
        return tx.execute(query).rowcount == 1
    except IntegrityError:
        _refuse_taken_name(tx, connection)
        raise


def delete(tx: Transaction, connection_id: str) -> bool:
    """Delete the connection with its secrets, and their bytes from the database's files."""
    flush_deleted(tx)
    return tx.execute(delete_from(connections).where(connections.c.id == connection_id)).rowcount == 1


def record_test(
    tx: Transaction,
    connection_id: str,
    report: TestReport,
    status: ConnectionStatus,
    access: Access,
    *,
    version: int | None = None,
) -> None:
    """Keep what a test found; with `version`, only if the connection still is the one that was tested."""
    query = update(connections).where(connections.c.id == connection_id)
    if version is not None:
        query = query.where(connections.c.version == version)
    tx.execute(
        query.values(
            status=status.value,
            access=access.value,
            tested_at=report.tested_at,
            last_test=msgspec.json.encode(report).decode(),
        )
    )


def record_time_zone(tx: Transaction, connection_id: str, time_zone: str, *, version: int) -> None:
    """Keep the time zone that was found for the connection as it was saved then."""
    query = update(connections).where(connections.c.id == connection_id, connections.c.version == version)
    tx.execute(query.values(time_zone=time_zone))


def _values(connection: Connection) -> dict[str, Any]:
    last_test = connection.last_test
    return {
        "id": connection.id,
        "name": connection.name,
        "name_key": name_key(connection.name),
        "application": connection.application,
        "api_type": connection.api_type,
        "region": connection.region,
        "http": msgspec.json.encode(connection.http).decode(),
        "version": connection.version,
        "created_at": connection.created_at,
        "updated_at": connection.updated_at,
        "updated_by": connection.updated_by,
        "token_set_at": connection.token_set_at,
        "status": connection.status.value,
        "access": connection.access.value,
        "tested_at": last_test.tested_at if last_test else None,
        "last_test": msgspec.json.encode(last_test).decode() if last_test else None,
        "time_zone": connection.time_zone,
    }


def _one(tx: Transaction, condition: ColumnElement[bool]) -> Connection | None:
    row = tx.execute(select(connections).where(condition)).first()
    return None if row is None else _connection(row)


def _occurs(key: str) -> ColumnElement[bool]:
    columns = (connections.c.name_key, connections.c.application, connections.c.api_type, connections.c.region)
    return or_(*(column.contains(key, autoescape=True) for column in columns))


def _connection(row: Row[Any]) -> Connection:
    """Build a connection; from damaged settings one that goes nowhere and whose token does not open.

    So a row that was damaged from outside can be listed, replaced and deleted, and hides none of the others.
    """
    values = row._asdict()
    try:
        http = msgspec.json.decode(values["http"], type=HttpSettings)
        last_test = msgspec.json.decode(values["last_test"], type=TestReport) if values["last_test"] else None
        status, access = ConnectionStatus(values["status"]), Access(values["access"])
    except (msgspec.MsgspecError, ValueError, TypeError):
        http, last_test = _UNREADABLE, None
        status, access = ConnectionStatus.TOKEN_NEEDED, Access.UNKNOWN
    kept = ("id", "name", "application", "api_type", "region", "version", "time_zone")
    times = ("created_at", "updated_at", "updated_by", "token_set_at")
    return Connection(
        **{name: values[name] for name in kept + times}, http=http, last_test=last_test, status=status, access=access
    )


def _refuse_taken_name(tx: Transaction, connection: Connection) -> None:
    other = by_name(tx, connection.name)
    if other is not None and other.id != connection.id:
        raise Conflict(
            "name_taken",
            f"There is already a connection named {other.name!r}.",
            hint="Choose another name; upper and lower case count as the same.",
            field="name",
        ) from None
