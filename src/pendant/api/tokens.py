"""API tokens of whoever asks: list, create, revoke."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from pendant.access.gate import need
from pendant.api.context import Installation
from pendant.api.requests import CreateToken
from pendant.api.shapes import CreatedTokenShape, TokenShape, TokensShape
from pendant.api.strict import StrictRoute
from pendant.model.access import Actor, Permission
from pendant.services import tokens as verbs

routes = APIRouter(prefix="/tokens", tags=["tokens"], route_class=StrictRoute)

Owner = Annotated[Actor, need(Permission.TOKENS_WRITE)]


@routes.get("", summary="List your API tokens.")
def find_tokens(app: Installation, actor: Owner) -> TokensShape:
    return TokensShape(tokens=tuple(TokenShape.of(token) for token in verbs.find(app, actor)))


@routes.post("", status_code=201, summary="Create an API token; its text is in this one answer and never again.")
def create_token(app: Installation, actor: Owner, sent: CreateToken) -> CreatedTokenShape:
    token, text = verbs.create(app, actor, sent.name, sent.permissions, sent.days)
    return CreatedTokenShape(token=TokenShape.of(token), text=text)


@routes.delete("/{token}", status_code=204, summary="Revoke one of your API tokens.")
def revoke_token(app: Installation, actor: Owner, token: str) -> None:
    verbs.revoke(app, actor, token)
