"""From what a person entered to complete HTTP settings, and back: the Simple view is a reading of the HTTP view.

The HTTP settings are what is stored, so neither view can lose anything: whatever the Simple view does not show is
carried along in `Draft.http`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pendant.connectors.catalogue import Catalogue, api_type_of
from pendant.connectors.declaration import ApiType, Connector
from pendant.connectors.http_rules import check_http
from pendant.egress.address import check_base_uri
from pendant.errors import WrongInput
from pendant.model.connection import Connection, Draft, HttpSettings
from pendant.settings import Network

CUSTOM = "custom"


def complete(catalogue: Catalogue, draft: Draft, *, allow_networks: tuple[Network, ...]) -> HttpSettings:
    """Return the settings a draft stands for, with everything filled in and checked.

    A region, or `base_uri`, says where to go; without either it is `http.base_uri`. All else comes from `http`
    where it is given, and from the API type's preset where it is not. `network` is worked out from the address,
    except that `http` may state that an address of its own is a private one.
    Raises WrongInput with the field at fault, or AddressRefused.
    """
    connector = catalogue.connector(draft.application)
    api_type = api_type_of(connector, draft.api_type)
    text = _base_uri(connector, api_type, draft)
    uri, network = check_base_uri(
        text, allow_networks=allow_networks, network=_stated_network(draft, text), schemes=api_type.address.schemes
    )
    settings = replace(draft.http or api_type.settings(uri), base_uri=uri, network=network)
    check_http(settings)
    return settings


def region_of(catalogue: Catalogue, application: str, api_type: str, base_uri: str) -> str:
    """Return the region whose host this is, `custom` for any other address, and "" where there are no regions."""
    connector = catalogue.connector(application)
    kind = api_type_of(connector, api_type)
    for region in connector.regions:
        if host_of(connector, kind, region.name) == base_uri:
            return region.name
    return CUSTOM if connector.regions else ""


def as_simple(catalogue: Catalogue, connection: Connection) -> Draft:
    """Return the draft that shows a connection in the Simple view; `complete` turns it into the same settings.

    `http` is None when the preset of the API type says it all.
    """
    connector = catalogue.connector(connection.application)
    api_type = api_type_of(connector, connection.api_type)
    uri = connection.http.base_uri
    region = region_of(catalogue, connection.application, connection.api_type, uri)
    preset = replace(api_type.settings(uri), network=connection.http.network)
    return Draft(
        name=connection.name,
        application=connection.application,
        api_type=connection.api_type,
        region=region,
        base_uri=uri if region in (CUSTOM, "") else "",
        http=None if connection.http == preset else connection.http,
    )


def host_of(connector: Connector, api_type: ApiType, region: str) -> str:
    """Return the base URI of an API type in a region."""
    for known in connector.regions:
        if known.name == region and api_type.host != "free":
            return known.api if api_type.host == "api" else known.data
    names = [known.name for known in connector.regions]
    raise WrongInput(
        "unknown_region",
        f"{connector.title} has no region {region!r}.",
        hint=f"Choose one of {', '.join([*names, CUSTOM])}." if names else "Leave the region out.",
        field="region",
    )


def _stated_network(draft: Draft, uri: str) -> Literal["private"] | None:
    http = draft.http
    return "private" if http is not None and http.network == "private" and uri == http.base_uri else None


def _base_uri(connector: Connector, api_type: ApiType, draft: Draft) -> str:
    if draft.region and draft.region != CUSTOM:
        uri = host_of(connector, api_type, draft.region)
        if draft.base_uri and draft.base_uri.rstrip("/") != uri:
            raise WrongInput(
                "base_uri_not_of_region",
                f"The region {draft.region} has its own address, and a base URI was given too.",
                hint="Leave the base URI out, or choose the region custom.",
                field="base_uri",
            )
        return uri
    if uri := draft.base_uri or (draft.http.base_uri if draft.http else ""):
        return uri
    if connector.regions and not draft.region:
        raise WrongInput("region_required", "The region is missing.", hint="Choose where your data is.", field="region")
    raise WrongInput(
        "base_uri_required",
        "The base URI is missing.",
        hint=f"An address such as {api_type.address.example} is needed.",
        field="base_uri",
    )
