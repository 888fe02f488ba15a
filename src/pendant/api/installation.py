"""The installation itself: who you are to it, its vault, and the description of this API."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request

from pendant.access.gate import SIGNED_IN, need
from pendant.api.context import Installation
from pendant.api.description import describe
from pendant.api.shapes import ActorShape, VaultShape
from pendant.api.strict import StrictRoute
from pendant.model.access import Actor, Permission
from pendant.services import vault as verbs

routes = APIRouter(tags=["installation"], route_class=StrictRoute)

Reader = Annotated[Actor, need(Permission.VAULT_READ)]


@routes.get("/me", summary="Show who you are and what you may do.")
def me(actor: Annotated[Actor, SIGNED_IN]) -> ActorShape:
    return ActorShape.of(actor)


@routes.get("/vault", summary="Show the state of the vault.")
def vault_status(app: Installation, actor: Reader) -> VaultShape:
    return VaultShape.of(verbs.status(app, actor))


@routes.post("/vault/verify", summary="Open every sealed token and count; no token leaves the vault.")
def verify_vault(app: Installation, actor: Reader) -> VaultShape:
    return VaultShape.of(verbs.verify(app, actor))


@routes.get("/openapi.json", summary="The OpenAPI description of this API.", dependencies=[SIGNED_IN])
def openapi(request: Request) -> dict[str, Any]:
    return describe(request.app)
