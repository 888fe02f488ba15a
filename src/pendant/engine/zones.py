"""The time zone of a connection's system: found out once, and kept with the connection."""

from __future__ import annotations

from pendant.app import App
from pendant.connectors.sources import find_time_zone
from pendant.model.connection import Connection
from pendant.model.http import Meter, WayOut
from pendant.store import connections


def time_zone_of(app: App, way_out: WayOut, connection: Connection, meter: Meter | None = None) -> str:
    """Return the zone at whose midnights the days of the other system begin, asking only if nobody has asked before.

    Empty for a zone that nobody has heard of.
    """
    with app.database.read() as tx:
        known = connections.get(tx, connection.id)
    if known and known.time_zone:
        return known.time_zone
    found = find_time_zone(app.catalogue, way_out, connection, meter, clock=app.clock)
    if found:
        with app.database.begin() as tx:
            connections.record_time_zone(tx, connection.id, found, version=connection.version)
    return found
