"""Opens the source of an export: what a connector's declaration and its Python say together."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from pendant.connectors.catalogue import Catalogue, resource_of
from pendant.errors import WrongInput
from pendant.model.clock import Clock, SystemClock
from pendant.model.connection import Connection
from pendant.model.export import Export
from pendant.model.http import Meter, WayOut
from pendant.model.pipeline import Shape, Source


def open_source(
    catalogue: Catalogue,
    egress: WayOut,
    connection: Connection,
    export: Export,
    meter: Meter | None,
    *,
    shape: Shape = Shape.COLUMNS,
    clock: Clock | None = None,
    time_zone: Callable[[], str] | None = None,
) -> Source:
    """Return the source, which gives its rows in `shape`, without asking the other system anything yet.

    `time_zone` is asked where the source needs to know it; without it, the source finds out itself.
    Raises WrongInput (`unknown_resource`, `api_type_cannot_read`, `apps_invalid`, …) for what cannot be read so.
    """
    connector = catalogue.connector(connection.application)
    resource = resource_of(connector, export.resource)
    if connection.api_type != connector.reads_with:
        wanted = next(one.title for one in connector.api_types if one.name == connector.reads_with)
        raise WrongInput(
            "api_type_cannot_read",
            f"The connection {connection.name} sends data and cannot be exported from.",
            hint=f"Choose a connection of the API type {wanted}.",
            field="connection",
        )
    module = importlib.import_module(f"pendant.connectors.{connector.name}.source")
    channel = egress.channel(connection, meter=meter)
    opened: Source = module.source(
        channel, connector, resource, export, shape=shape, now=(clock or SystemClock()).now(), time_zone=time_zone
    )
    return opened


def find_time_zone(
    catalogue: Catalogue, egress: WayOut, connection: Connection, meter: Meter | None = None, *, clock: Clock
) -> str:
    """Ask the other system for the zone at whose midnights its days begin; empty for one that nobody has heard of."""
    module = importlib.import_module(f"pendant.connectors.{catalogue.connector(connection.application).name}.source")
    found: str = module.time_zone_of(egress.channel(connection, meter=meter), clock.now())
    return found
