"""Why the panel is open: to create, to edit or to clone; and how a form that comes back says which it was."""

from __future__ import annotations

from pendant.app import App
from pendant.connectors.declaration import Connector
from pendant.model.access import Actor
from pendant.model.connection import Connection
from pendant.services import connections as service
from pendant.web.forms import Form
from pendant.web.panel_view import Purpose

_REENTER = "A token is never shown and never kept through an edit."


def creating(connector: Connector) -> Purpose:
    return Purpose(title=f"Create {connector.title} connection", subtitle=connector.summary, action="/connections")


def editing(connection: Connection) -> Purpose:
    return Purpose(
        title=f"Edit {connection.name}",
        subtitle=_REENTER,
        action=f"/connections/{connection.id}",
        connection_id=connection.id,
        version=connection.version,
        time_zone=connection.time_zone,
    )


def cloning(connection: Connection) -> Purpose:
    return Purpose(
        title=f"Clone {connection.name}",
        subtitle="Everything is copied but the token.",
        action="/connections",
        cloned=True,
    )


def purpose_of(app: App, actor: Actor, form: Form) -> Purpose:
    """Return the purpose of a form that was sent. The version stays the one that the edit began with."""
    connection_id = form.text("replaces")
    if not connection_id:
        return creating(app.catalogue.connector(form.text("application")))
    begun = editing(service.get(app, actor, connection_id))
    version = form.text("version")
    return Purpose(
        title=begun.title,
        subtitle=begun.subtitle,
        action=begun.action,
        connection_id=begun.connection_id,
        version=int(version) if version.isdecimal() else begun.version,
        time_zone=begun.time_zone,
    )
