"""What a browser does with forms, without a browser."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from server.rig import Answer, Client

HTMX = {"HX_Request": "true", "HX_Request_Type": "partial"}

Fields = Mapping[str, str] | Sequence[tuple[str, str]]


def send(client: Client, path: str, fields: Fields = (), **headers: str) -> Answer:
    pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
    body = urlencode(pairs).encode()
    return client.send("POST", path, body=body, Content_Type="application/x-www-form-urlencoded", **headers)


def a_token() -> str:
    return f"{uuid.uuid4()}.us"


def draft_fields(**changes: str) -> dict[str, str]:
    """Return what the Simple view of a new Engage connection sends."""
    return {
        "application": "pendo", "api_type": "engage", "shown_api_type": "engage", "view": "simple",
        "shown_view": "simple", "name": "Pendo Europe", "region": "eu", "base_uri": "", "token": a_token(),
        "then": "close",
    } | changes  # fmt: skip
