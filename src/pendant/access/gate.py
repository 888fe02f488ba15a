"""The permission a route declares, and the check of it.

Every route of every door has exactly one of these among its dependencies:

    @router.get("/runs", dependencies=[need(Permission.RUNS_READ)])      when the actor is not of interest
    def runs(actor: Annotated[Actor, need(Permission.RUNS_READ)]): ...   when it is
    @router.get("/healthz", dependencies=[PUBLIC])                       for anybody, signed in or not
    def me(actor: Annotated[Actor, SIGNED_IN]): ...                      for whoever is signed in

Who asks is found out by the server, once for each request and only when somebody wants to know: it leaves a function
at `request.state.identify`. A test walks the route table and fails for a route that declares nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant

from pendant.errors import NotAllowed, NotSignedIn
from pendant.model.access import Actor, Permission

Identify = Callable[[Request], Actor | None]
"""May ask the database, so it is called from a thread, never from the event loop."""


class Gate:
    """Lets through whoever holds `permission`; None asks only that somebody is signed in."""

    def __init__(self, permission: Permission | None) -> None:
        self.permission = permission

    def __call__(self, request: Request) -> Actor:
        actor = identified(request)
        if actor is None:
            raise NotSignedIn("not_signed_in", "This needs somebody who is signed in.", hint="Sign in, then try again.")
        if self.permission is not None and not actor.may(self.permission):
            raise NotAllowed(
                "not_allowed",
                f"{actor.name} does not have the permission {self.permission}.",
                hint="An owner of this installation can do it, or grant it.",
            )
        return actor


class PublicGate:
    """Lets everybody through, on purpose; yields the actor where there is one."""

    def __call__(self, request: Request) -> Actor | None:
        return identified(request)


def need(permission: Permission) -> Any:
    return Depends(Gate(permission))


SIGNED_IN = Depends(Gate(None))
PUBLIC = Depends(PublicGate())


def identified(request: Request) -> Actor | None:
    identify: Identify = request.state.identify
    return identify(request)


def gate_of(dependant: Dependant | None) -> Gate | PublicGate | None:
    """Return what a route declares, or None when it declares nothing."""
    for inner in dependant.dependencies if dependant else ():
        if isinstance(inner.call, Gate | PublicGate):
            return inner.call
    return None
