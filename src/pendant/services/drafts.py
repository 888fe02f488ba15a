"""From what somebody entered to a connection that can be saved or tested."""

from __future__ import annotations

import uuid
from dataclasses import replace

from pendant.app import App
from pendant.connectors.catalogue import api_type_of
from pendant.connectors.settings_of import complete, region_of
from pendant.model.access import Actor
from pendant.model.connection import Connection, Draft, HttpSettings
from pendant.services.names import checked_name


def connection_of(app: App, draft: Draft, *, by: Actor) -> Connection:
    """Return a new connection, version 1 and never stored, with everything the connector fills in."""
    now = app.clock.now()
    http = http_of(app, draft)
    api_type = api_type_of(app.catalogue.connector(draft.application), draft.api_type).name
    return Connection(
        id=str(uuid.uuid4()),
        name=draft.name,
        application=draft.application,
        api_type=api_type,
        http=http,
        region=region_of(app.catalogue, draft.application, api_type, http.base_uri),
        created_at=now,
        updated_at=now,
        updated_by=by.name,
        token_set_at=now,
    )


def named(draft: Draft) -> Draft:
    return replace(draft, name=checked_name(draft.name))


def http_of(app: App, draft: Draft) -> HttpSettings:
    """Return what the HTTP view shows for a draft: the connector's settings, or the draft's own where it has some."""
    return complete(app.catalogue, draft, allow_networks=app.settings.allow_networks)
