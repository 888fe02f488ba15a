"""What this installation can connect to and read: connectors, their API types and their resources."""

from __future__ import annotations

from dataclasses import dataclass

from pendant.app import App
from pendant.connectors.declaration import Connector
from pendant.errors import NotFound
from pendant.model.access import Actor, Permission
from pendant.services.permission import require


@dataclass(frozen=True, slots=True)
class Offer:
    """One resource that connections of `connector` with `api_type` can export."""

    connector: str
    api_type: str
    name: str
    title: str
    summary: str
    takes_times: bool
    takes_apps: bool
    takes_ids: bool
    takes_pipeline: bool


def find(app: App, actor: Actor) -> list[Connector]:
    require(actor, Permission.CONNECTIONS_READ)
    return app.catalogue.all()


def get(app: App, actor: Actor, name: str) -> Connector:
    require(actor, Permission.CONNECTIONS_READ)
    known = {each.name: each for each in app.catalogue.all()}
    if name not in known:
        raise NotFound(
            "connector_unknown",
            f"There is no connector {name!r}.",
            hint=f"There are {', '.join(sorted(known))}.",
            field="connector",
        )
    return known[name]


def resources(app: App, actor: Actor, *, connector: str = "") -> list[Offer]:
    """Return what can be exported, from one connector or from all."""
    require(actor, Permission.CONNECTIONS_READ)
    chosen = [get(app, actor, connector)] if connector else app.catalogue.all()
    return [
        Offer(
            connector=each.name,
            api_type=each.reads_with or "",
            name=resource.name,
            title=resource.title,
            summary=resource.summary,
            takes_times=resource.takes_times,
            takes_apps=bool(resource.apps),
            takes_ids=resource.takes_ids,
            takes_pipeline=resource.kind == "aggregation",
        )
        for each in chosen
        for resource in each.resources
    ]
