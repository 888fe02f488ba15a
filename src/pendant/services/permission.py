"""The check that stands first in every verb."""

from __future__ import annotations

from pendant.errors import NotAllowed
from pendant.model.access import Actor, Permission


def require(actor: Actor, *permissions: Permission) -> None:
    for permission in permissions:
        if not actor.may(permission):
            raise NotAllowed(
                "not_allowed",
                f"This needs the permission {permission.value}, which {actor.name} does not have.",
                hint="An owner of this installation can grant it.",
            )
