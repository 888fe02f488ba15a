"""What the panel holds: what was chosen, and how the HTTP settings differ from the preset of the API type.

Both views are drawn from this one state and read back into it, so switching between them loses nothing. The token is
never part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pendant.connectors.declaration import ApiType, Connector
from pendant.model.connection import NAME_LENGTH_MAX, Connection, Draft
from pendant.web.forms import Form
from pendant.web.http_texts import LABELS, Headers, HttpTexts, same_newlines, settings_of, texts_of

CUSTOM = "custom"
SIMPLE, HTTP = "simple", "http"


@dataclass(frozen=True, slots=True)
class PanelState:
    """`changes` are fields of the HTTP view that differ from the preset; `headers` is None while they do not.

    `base_uri` counts only with the region "custom", or for a connector without regions.
    """

    connector: Connector
    api_type: str = ""
    view: str = SIMPLE
    name: str = ""
    region: str = ""
    base_uri: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)
    headers: Headers | None = None

    def http_texts(self) -> HttpTexts:
        preset = preset_of(self.connector, self.api_type)
        address = {"http_base_uri": address_of(self)}
        headers = preset.headers if self.headers is None else self.headers
        return HttpTexts({**preset.fields, **self.changes, **address}, headers)

    def draft(self) -> Draft:
        """Return what the services take; raises WrongInput for a text that is no number or choice."""
        changed = bool(self.changes) or self.headers is not None or not self.connector.regions
        return Draft(
            name=self.name,
            application=self.connector.name,
            api_type=self.api_type,
            region=self.region,
            base_uri=self.base_uri if self.region in ("", CUSTOM) else "",
            http=settings_of(self.http_texts()) if changed else None,
        )

    def renamed(self, name: str) -> PanelState:
        return replace(self, name=name[:NAME_LENGTH_MAX])

    def seen_in(self, view: str) -> PanelState:
        return replace(self, view=view)


def new_state(connector: Connector) -> PanelState:
    first = connector.api_types[0].name
    view = SIMPLE if connector.regions else HTTP
    return PanelState(connector, first, view, region=connector.regions[0].name if connector.regions else "")


def state_of(connector: Connector, connection: Connection) -> PanelState:
    """Return the state that shows a saved connection."""
    view = SIMPLE if connector.regions else HTTP
    empty = PanelState(connector, connection.api_type, view, name=connection.name)
    return _with_http(empty, texts_of(connection.http))


def state_from(connector: Connector, form: Form) -> PanelState:
    """Read the form in the view and API type it was drawn with, then turn to those that are wanted now."""
    drawn = PanelState(
        connector,
        form.text("shown_api_type") or form.text("api_type"),
        form.text("view", SIMPLE) if connector.regions else HTTP,
        name=form.text("name"),
    )
    if form.text("shown_view", drawn.view) == HTTP:
        drawn = _with_http(drawn, _texts_from(form, preset_of(connector, drawn.api_type)))
    else:
        changes = {name: same_newlines(form.text(name)) for name in LABELS if name in form and name != "http_base_uri"}
        if any(form.text(name) != form.text(f"shown_{name}") for name in ("region", "base_uri")):
            changes.pop("http_network", None)  # it belonged to the address before
        headers = _headers_from(form) if "http_headers_changed" in form else None
        drawn = replace(
            drawn, region=form.text("region"), base_uri=form.text("base_uri"), changes=changes, headers=headers
        )
    return replace(drawn, api_type=form.text("api_type"))


def api_type_in(connector: Connector, name: str) -> ApiType:
    """Return the API type with this name, or the first: a form may name none yet."""
    return next((each for each in connector.api_types if each.name == name), connector.api_types[0])


def preset_of(connector: Connector, api_type: str) -> HttpTexts:
    return texts_of(api_type_in(connector, api_type).settings(""))


def region_uri(connector: Connector, api_type: str, region: str) -> str:
    """Return the base URI of a region, empty for a custom one."""
    host = api_type_in(connector, api_type).host
    found = next((each for each in connector.regions if each.name == region), None)
    return str(getattr(found, host)) if found and host != "free" else ""


def address_of(state: PanelState) -> str:
    return region_uri(state.connector, state.api_type, state.region) or state.base_uri


def _with_http(state: PanelState, texts: HttpTexts) -> PanelState:
    preset = preset_of(state.connector, state.api_type)
    address = texts.fields["http_base_uri"].strip()
    region = next(
        (each.name for each in state.connector.regions if _same(state, each.name, address)),
        CUSTOM if state.connector.regions else "",
    )
    changes = {
        name: text for name, text in texts.fields.items() if name != "http_base_uri" and text != preset.fields[name]
    }
    return replace(
        state,
        region=region,
        base_uri="" if region not in ("", CUSTOM) else texts.fields["http_base_uri"],
        changes=changes,
        headers=None if texts.headers == preset.headers else texts.headers,
    )


def _same(state: PanelState, region: str, address: str) -> bool:
    return region_uri(state.connector, state.api_type, region) == address.rstrip("/").lower()


def _texts_from(form: Form, preset: HttpTexts) -> HttpTexts:
    fields = {name: same_newlines(form.text(name, preset.fields[name])) for name in LABELS}
    return HttpTexts(fields, _headers_from(form))


def _headers_from(form: Form) -> Headers:
    pairs = zip(form.texts("http_header_name"), form.texts("http_header_value"), strict=False)
    return tuple((name.strip(), value.strip()) for name, value in pairs if name.strip() or value.strip())
