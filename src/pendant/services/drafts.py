"""From what somebody entered to a connection that can be saved or tested."""

from __future__ import annotations

import uuid
from dataclasses import replace

from pendant.app import App
from pendant.connectors.catalogue import api_type_of
from pendant.connectors.settings_of import complete, region_of
from pendant.errors import WrongInput
from pendant.model.access import Actor
from pendant.model.connection import NAME_LENGTH_MAX, Connection, Draft, HttpSettings


def checked_name(text: str) -> str:
    """Return the name without outer white space, or say why it is not one."""
    name = text.strip()
    if not name:
        raise WrongInput(
            "name_required",
            "The connection has no name.",
            hint="Enter a name that tells this connection from the others.",
            field="name",
        )
    if len(name) > NAME_LENGTH_MAX:
        raise WrongInput(
            "name_too_long",
            f"The name has {len(name)} characters; at most {NAME_LENGTH_MAX} are possible.",
            hint="Shorten it.",
            field="name",
        )
    if not name.isprintable():
        raise WrongInput(
            "name_invalid",
            "The name holds a line break or another character that cannot be shown.",
            hint="Type the name instead of pasting it.",
            field="name",
        )
    return name


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
