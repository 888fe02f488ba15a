"""Finds the connection that the target of a run leads through."""

from __future__ import annotations

from pendant.app import App
from pendant.connectors.systems import System, place_of
from pendant.egress.door import Branch, Egress
from pendant.errors import NotFound, WrongInput
from pendant.model.connection import Connection
from pendant.store import connections


def system_of(app: App, target: str, way_out: Egress | Branch) -> System | None:
    """Return the other system of a target, or None for one on this machine."""
    place = place_of(target)
    if place is None:
        return None
    connection = _connection(app, place.application, place.connection)
    return System(connection, way_out, app.settings.data_dir / "waiting")


def _connection(app: App, application: str, name: str) -> Connection:
    """Return the connection of that name; without one, the only connection there is to the application."""
    with app.database.read() as tx:
        known = [each for each in connections.search(tx) if each.application == application]
        found = connections.by_name(tx, name) if name else known[0] if len(known) == 1 else None
    if found is None and not name and known:
        raise WrongInput(
            "connection_ambiguous",
            f"There are {len(known)} connections of the application {application}, and the target names none.",
            hint=f"Name one of {', '.join(each.name for each in known)} in the target.",
            field="target",
        )
    if found is None:
        named = f" {name!r}" if name else ""
        raise NotFound(
            "connection_unknown",
            f"There is no connection{named} of the application {application}, which the target needs.",
            hint=f"`pendant connections create --application {application}` creates one.",
            field="target",
        )
    return found
