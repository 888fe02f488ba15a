"""What the panel's templates show, built from its state and the connector's declaration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pendant.connectors.declaration import AddressDeclared, ApiType, Connector, Reference
from pendant.web.http_texts import LABELS, LOCATIONS, MEDIA_TYPES, METHODS, NETWORKS
from pendant.web.panel_state import CUSTOM, SIMPLE, PanelState, api_type_in, region_uri
from pendant.web.reports import ReportView

_ICONS = {"pendo": "pendo", "http": "globe"}
_WORDS = {
    "header": "Header", "url": "URL parameter", "body": "Body field", "json": "JSON", "urlencoded": "URL encoded",
    "xml": "XML", "plaintext": "Plain text", "public": "Public internet", "private": "Private network",
}  # fmt: skip
_UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

# Keys and secrets are opaque; their usual shapes give a hint while typing and never a refusal.
_UNLIKE = {
    "integration_key": (
        f"^{_UUID}$",
        "Integration keys usually end in a region such as .us or .eu. This may be a Track event shared secret.",
    ),
    "shared_secret": (
        rf"^{_UUID}\.[a-z0-9]+$",
        "This looks like an integration key of the Engage API; a Track event shared secret has no such ending.",
    ),
    "any": ("", ""),
}


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    title: str
    text: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class ApplicationView:
    name: str
    title: str
    summary: str
    icon: str


@dataclass(frozen=True, slots=True)
class TokenView:
    label: str
    summary: str
    help_title: str
    steps: Sequence[str]
    unlike: str
    unlike_hint: str


@dataclass(frozen=True, slots=True)
class Notice:
    text: str
    tone: str = "bad"
    icon: str = "error"
    role: str = "alert"
    focus: bool = True


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why the panel is open: `version` and `connection_id` are set for an edit only."""

    title: str
    subtitle: str
    action: str
    connection_id: str = ""
    version: int = 0
    cloned: bool = False
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class PanelView:
    title: str
    subtitle: str
    action: str
    connection_id: str
    version: int
    cloned: bool
    time_zone: str
    view: str
    may_be_simple: bool
    application: ApplicationView
    api_types: Sequence[Option]
    regions: Sequence[Option]
    address: AddressDeclared
    token: TokenView
    can_send_event: bool
    values: Mapping[str, str]
    errors: Mapping[str, str]
    headers: Sequence[Mapping[str, str]]
    hidden: Sequence[Mapping[str, str]]
    changed: Sequence[str]
    references: Sequence[Reference]
    name_example: str
    notice: Notice | None = None
    report: ReportView | None = None
    test_now: bool = False
    locations: Sequence[Mapping[str, str]] = field(default_factory=lambda: _options(LOCATIONS))
    media_types: Sequence[Mapping[str, str]] = field(default_factory=lambda: _options(MEDIA_TYPES))
    methods: Sequence[Mapping[str, str]] = field(default_factory=lambda: _options(METHODS))
    networks: Sequence[Mapping[str, str]] = field(default_factory=lambda: _options(NETWORKS))


class Errors(dict[str, str]):
    """Messages by form field; a field without one has the empty text."""

    def __missing__(self, _name: str) -> str:
        return ""


def panel_view(
    state: PanelState,
    purpose: Purpose,
    *,
    errors: Errors | None = None,
    notice: Notice | None = None,
    report: ReportView | None = None,
    test_now: bool = False,
) -> PanelView:
    connector = state.connector
    api_type = api_type_in(connector, state.api_type)
    return PanelView(
        title=purpose.title,
        subtitle=purpose.subtitle or connector.title,
        action=purpose.action,
        connection_id=purpose.connection_id,
        version=purpose.version,
        cloned=purpose.cloned,
        time_zone=purpose.time_zone,
        view=state.view,
        may_be_simple=bool(connector.regions),
        application=application_view(connector),
        api_types=[Option(each.name, each.title, each.summary) for each in connector.api_types],
        regions=_regions(state),
        address=api_type.address,
        token=_token(api_type),
        can_send_event=sends_events(api_type),
        values=_values(state),
        errors=errors or Errors(),
        headers=_rows(state.http_texts().headers),
        hidden=_hidden(state),
        changed=_changed(state),
        references=connector.references,
        name_example=f"{connector.title} production",
        notice=notice,
        report=report,
        test_now=test_now,
    )


def application_view(connector: Connector) -> ApplicationView:
    icon = _ICONS.get(connector.name, "connections")
    return ApplicationView(connector.name, connector.title, connector.summary, icon)


def sends_events(api_type: ApiType) -> bool:
    """Say whether only a real event shows that a token of this type works."""
    return api_type.access == "write-only"


def _token(api_type: ApiType) -> TokenView:
    token = api_type.token
    unlike, hint = _UNLIKE[token.shape]
    title, steps = (token.help.title, token.help.steps) if token.help else ("", ())
    return TokenView(token.label, token.summary, title, steps, unlike, hint)


def _regions(state: PanelState) -> list[Option]:
    if not state.connector.regions:
        return []
    known = [
        Option(each.name, each.title, host=region_uri(state.connector, state.api_type, each.name).partition("//")[2])
        for each in state.connector.regions
    ]
    return [*known, Option(CUSTOM, "Custom", host="your own base URI")]


def _values(state: PanelState) -> dict[str, str]:
    own = {"name": state.name, "api_type": state.api_type, "region": state.region, "base_uri": state.base_uri}
    return {**state.http_texts().fields, **own}


def _rows(headers: Sequence[tuple[str, str]]) -> list[Mapping[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _hidden(state: PanelState) -> list[Mapping[str, str]]:
    """Return what the Simple view carries along unseen."""
    if state.view != SIMPLE:
        return []
    hidden: list[Mapping[str, str]] = [{"name": name, "value": text} for name, text in state.changes.items()]
    hidden += [
        {"name": "shown_region", "value": state.region},
        {"name": "shown_base_uri", "value": state.base_uri},
    ]
    if state.headers is not None:
        hidden.append({"name": "http_headers_changed", "value": "yes"})
        for name, value in state.headers:
            hidden += [{"name": "http_header_name", "value": name}, {"name": "http_header_value", "value": value}]
    return hidden


def _changed(state: PanelState) -> list[str]:
    # The network usually follows from the address, so it is nothing that somebody changed.
    changed = [LABELS[name] for name in LABELS if name in state.changes and name != "http_network"]
    return changed if state.headers is None else [*changed, "headers"]


def _options(values: Sequence[str]) -> list[Mapping[str, str]]:
    return [{"value": value, "text": _WORDS.get(value, value)} for value in values]
