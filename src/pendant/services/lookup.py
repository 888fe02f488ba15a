"""Which connection is meant, who uses it, and what is shown of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as with_changes
from typing import Any

from pendant.app import App
from pendant.connectors.systems import LOADED_INTO, place_of
from pendant.errors import Conflict, NotFound, SetupProblem
from pendant.model.connection import Connection, ConnectionStatus
from pendant.model.names import name_key
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
    """Return the exports that read from it or load into it, and the runs of either kind that have not ended."""
    reading = [
        Use("export", each.id, f"the export {each.name}") for each in exports.search(tx, connection_id=connection.id)
    ]
    running = [
        Use("run", run.id, f"run {run.id[:8]} ({run.kind} of {run.resource}, {run.state.value})")
        for run in runs.using(tx, connection.id)
    ]
    return reading + exports_into(tx, connection) + running + _runs_into(tx, connection)


def exports_into(tx: Any, connection: Connection) -> list[Use]:
    """Return the exports whose target lies in the system of the connection."""
    leads_here = _leads_to(tx, connection)
    found = exports.search(tx) if leads_here else []
    return [
        Use("export", each.id, f"the export {each.name}, which loads into it")
        for each in found
        if leads_here and leads_here(each.export.target)
    ]


def _runs_into(tx: Any, connection: Connection) -> list[Use]:
    leads_here = _leads_to(tx, connection)
    found = runs.unfinished(tx) if leads_here else []
    return [
        Use("run", run.id, f"run {run.id[:8]} ({run.kind} of {run.resource}, {run.state.value}), which loads into it")
        for run in found
        if leads_here and leads_here(run.target)
    ]


def _leads_to(tx: Any, connection: Connection) -> Callable[[str], bool] | None:
    """Return what tells whether a target lies in the system of this connection; None where no target does."""
    if connection.application not in LOADED_INTO:
        return None
    alike = [each for each in stored.search(tx) if each.application == connection.application]

    def leads_here(target: str) -> bool:
        place = place_of(target)
        if place is None or place.application != connection.application:
            return False
        # Without a name it is the only connection there is, as in engine/targets.py.
        return name_key(place.connection) == name_key(connection.name) if place.connection else len(alike) == 1

    return leads_here


def labels(uses: list[Use]) -> tuple[str, ...]:
    return tuple(use.label for use in uses)
