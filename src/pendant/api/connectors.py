"""Connectors and their resources: what connections can be made of, and what can be exported."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from pendant.access.gate import need
from pendant.api.catalogue_shapes import ConnectorShape, ConnectorsShape
from pendant.api.context import Installation
from pendant.api.strict import StrictRoute
from pendant.model.access import Actor, Permission
from pendant.services import catalogue as verbs

routes = APIRouter(prefix="/connectors", tags=["connectors"], route_class=StrictRoute)

Reader = Annotated[Actor, need(Permission.CONNECTIONS_READ)]


@routes.get("", summary="List the connectors: API types, regions, resources.")
def find_connectors(app: Installation, actor: Reader) -> ConnectorsShape:
    return ConnectorsShape(connectors=tuple(ConnectorShape.of(each) for each in verbs.find(app, actor)))


@routes.get("/{connector}", summary="Show one connector.")
def get_connector(app: Installation, actor: Reader, connector: str) -> ConnectorShape:
    return ConnectorShape.of(verbs.get(app, actor, connector))
