"""Help pages, written once: what connectors say about themselves comes from their declarations."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pendant.access.gate import SIGNED_IN
from pendant.access.gate import identified as actor_of
from pendant.app import App
from pendant.connectors.declaration import Connector
from pendant.web.http_texts import LABELS
from pendant.web.pages import Pages
from pendant.web.panel_state import CUSTOM, PanelState, region_uri

_GUIDES = "pendo"


def router(app: App, pages: Pages) -> APIRouter:
    routes = APIRouter(prefix="/help", dependencies=[SIGNED_IN])

    def page(request: Request, template: str, title: str, **context: Any) -> Response:
        return pages.page(request, actor_of(request), template, title=title, section="help", **context)

    @routes.get("")
    def index(request: Request) -> Response:
        return page(request, "help/index.html", "Help")

    @routes.get("/connect-to-pendo")
    def connect_to_pendo(request: Request) -> Response:
        connector = app.catalogue.connector(_GUIDES)
        title = "Set up a connection to Pendo"
        return page(request, "help/connect_to_pendo.html", title, connector=connector, hosts=_hosts(connector))

    @routes.get("/http-settings")
    def http_settings(request: Request) -> Response:
        connector = app.catalogue.connector(_GUIDES)
        title = "HTTP settings of a token connection"
        return page(request, "help/http_settings.html", title, connector=connector, presets=_presets(connector))

    return routes


def _hosts(connector: Connector) -> list[dict[str, Any]]:
    return [
        {
            "title": region.title,
            "name": region.name,
            "uris": [region_uri(connector, each.name, region.name) for each in connector.api_types],
        }
        for region in connector.regions
    ]


def _presets(connector: Connector) -> list[dict[str, Any]]:
    """Return one line for each field of the HTTP view: what it becomes for each API type."""
    columns = [PanelState(connector, each.name, region=CUSTOM).http_texts().fields for each in connector.api_types]
    return [
        {"label": LABELS[name].capitalize(), "values": [column[name] for column in columns]}
        for name in LABELS
        if name not in ("http_base_uri", "http_network")
    ]
