"""Which connection is meant, who uses it, and what is shown of it."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace as with_changes
from typing import Any

from pendant.app import App
from pendant.errors import Conflict, NotFound, SetupProblem
from pendant.model.connection import Connection, ConnectionStatus
from pendant.model.vault import VaultState
from pendant.services.nearest import did_you_mean
from pendant.store import connections as stored
from pendant.store import exports, runs


@dataclass(frozen=True, slots=True)
class Use:
    """Something that needs a connection. `kind` is "export" or "run"."""

    kind: str
    id: str
    label: str


def resolve(app: App, reference: str) -> Connection:
    with app.database.read() as tx:
        found = stored.get(tx, reference) or stored.by_name(tx, reference.strip())
        names = [] if found else [each.name for each in stored.search(tx)]
    if found is None:
        raise NotFound(
            "connection_unknown",
            f"There is no connection {reference!r}.",
            hint=did_you_mean(reference, names, "`pendant connections list` shows those there are."),
            field="connection",
        )
    return found


def refuse_taken(app: App, name: str, *, except_id: str = "") -> None:
    """Say so before a test goes out; the store refuses as well, for two who save at once."""
    with app.database.read() as tx:
        other = stored.by_name(tx, name)
    if other is not None and other.id != except_id:
        raise Conflict(
            "name_taken",
            f"There is already a connection {other.name}; names differ by more than upper and lower case.",
            hint="Choose another name.",
            field="name",
        )


def shown(app: App, connection: Connection) -> Connection:
    """Return the connection as it is now: one whose token does not open needs it again."""
    try:
        app.vault.open(connection)
    except SetupProblem:
        return with_changes(connection, status=ConnectionStatus.TOKEN_NEEDED)
    return connection


def all_shown(app: App, connections: list[Connection]) -> list[Connection]:
    """Do as `shown` for many, with one look into the vault."""
    status = app.vault.status()
    needing = {each.id for each in connections} if status.state is VaultState.LOCKED else set(status.unreadable)
    return [
        with_changes(each, status=ConnectionStatus.TOKEN_NEEDED) if each.id in needing else each for each in connections
    ]


def uses_of(tx: Any, connection: Connection) -> list[Use]:
    of_exports = [
        Use("export", each.id, f"the export {each.name}") for each in exports.search(tx, connection_id=connection.id)
    ]
    of_runs = [
        Use("run", run.id, f"run {run.id[:8]} ({run.kind} of {run.resource}, {run.state.value})")
        for run in runs.using(tx, connection.id)
    ]
    return of_exports + of_runs


def labels(uses: list[Use]) -> tuple[str, ...]:
    return tuple(use.label for use in uses)
