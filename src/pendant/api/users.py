"""Users: list them, and change your own password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request

from pendant.access.gate import SIGNED_IN, need
from pendant.api.context import Installation
from pendant.api.requests import ChangePassword
from pendant.api.shapes import UserShape, UsersShape
from pendant.api.strict import StrictRoute
from pendant.model.access import Actor, Permission
from pendant.services import accounts
from pendant.services import users as verbs

routes = APIRouter(tags=["users"], route_class=StrictRoute)


@routes.get("/users", summary="List who may sign in.")
def find_users(app: Installation, actor: Annotated[Actor, need(Permission.USERS_WRITE)]) -> UsersShape:
    return UsersShape(users=tuple(UserShape.model_validate(user) for user in verbs.find(app, actor)))


@routes.post(
    "/me/password",
    status_code=204,
    summary="Change your password, in a session; all your sessions and API tokens end.",
)
def change_password(
    app: Installation, actor: Annotated[Actor, SIGNED_IN], sent: ChangePassword, request: Request
) -> None:
    address = request.client.host if request.client else ""
    accounts.change_password(app, actor, sent.new_password, old=sent.old_password, address=address)
