"""Resources: what can be exported."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from pendant.access.gate import need
from pendant.api.catalogue_shapes import OfferShape, OffersShape
from pendant.api.context import Installation
from pendant.api.strict import StrictRoute
from pendant.model.access import Actor, Permission
from pendant.services import catalogue as verbs

routes = APIRouter(prefix="/resources", tags=["resources"], route_class=StrictRoute)


@routes.get("", summary="List what can be exported; `connector` shows only the resources of one.")
def find_resources(
    app: Installation,
    actor: Annotated[Actor, need(Permission.CONNECTIONS_READ)],
    connector: Annotated[str, Query(max_length=200)] = "",
) -> OffersShape:
    found = verbs.resources(app, actor, connector=connector)
    return OffersShape(resources=tuple(OfferShape.model_validate(each) for each in found))
