"""The two views of the panel are two drawings of one state."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pendant.connectors.catalogue import load
from pendant.model.connection import Connection, HttpSettings
from pendant.web.forms import Form
from pendant.web.http_texts import LABELS
from pendant.web.panel_state import CUSTOM, HTTP, SIMPLE, PanelState, new_state, state_from, state_of
from pendant.web.panel_view import Purpose, panel_view

PENDO = load().connector("pendo")
TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r"), max_size=12)
LINE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8)
CHANGES = st.dictionaries(st.sampled_from([name for name in LABELS if name != "http_base_uri"]), TEXT)
HEADERS = st.none() | st.lists(st.tuples(LINE, LINE), max_size=3).map(tuple)


def drawn(state: PanelState, *, turned_to: str = "", api_type: str = "") -> Form:
    """Return what a browser sends for a drawn panel after somebody chose another view or API type."""
    view = panel_view(state, Purpose("", "", ""))
    items = [
        ("name", view.values["name"]),
        ("view", turned_to or state.view),
        ("shown_view", state.view),
        ("api_type", api_type or state.api_type),
        ("shown_api_type", state.api_type),
    ]
    if state.view == SIMPLE:
        items += [("region", state.region), ("base_uri", state.base_uri)]
        items += [(each["name"], each["value"]) for each in view.hidden]
    else:
        items += [(name, view.values[name].replace("\n", "\r\n")) for name in LABELS]
        for header in view.headers:
            items += [("http_header_name", header["name"]), ("http_header_value", header["value"])]
    return Form(items)


@settings(max_examples=60)
@given(
    changes=CHANGES,
    headers=HEADERS,
    region=st.sampled_from(["us", "eu", "jp", CUSTOM]),
    first=st.sampled_from([SIMPLE, HTTP]),
)
def test_switching_the_view_twice_changes_nothing(changes, headers, region, first) -> None:
    address = "https://pendo.example.com" if region == CUSTOM else ""
    begun = PanelState(PENDO, "engage", first, "A name", region, address, changes, headers)
    other = state_from(PENDO, drawn(begun, turned_to=HTTP if first == SIMPLE else SIMPLE))
    back = state_from(PENDO, drawn(other, turned_to=first))
    assert back.http_texts() == begun.http_texts()
    assert (back.name, back.region, back.base_uri, back.api_type) == ("A name", region, address, "engage")


@pytest.mark.parametrize("view", [SIMPLE, HTTP])
def test_another_api_type_brings_its_preset_and_keeps_what_was_changed(view: str) -> None:
    begun = PanelState(PENDO, "engage", view, region="eu", changes={"http_minimum_wait_ms": "250"})
    track = state_from(PENDO, drawn(begun, api_type="track"))
    fields = track.http_texts().fields
    assert fields["http_base_uri"] == "https://data.eu.pendo.io"
    assert fields["http_ping_relative_uri"] == ""
    assert fields["http_minimum_wait_ms"] == "250"
    engage = state_from(PENDO, drawn(track, api_type="engage"))
    assert engage.http_texts() == begun.http_texts()


def test_a_panel_nobody_changed_asks_for_the_preset() -> None:
    draft = new_state(PENDO).draft()
    assert (draft.region, draft.base_uri, draft.http) == ("us", "", None)


def test_a_saved_connection_is_shown_as_it_is() -> None:
    http = HttpSettings("http://127.0.0.1:9/", network="private", headers=(("X-A", "1"),))
    state = state_of(PENDO, Connection("1", "Local", "pendo", "engage", http))
    assert state.region == CUSTOM
    assert state.draft().http == http


def test_the_network_of_an_address_does_not_outlive_it() -> None:
    begun = PanelState(PENDO, "engage", SIMPLE, "x", CUSTOM, "https://inside.example", {"http_network": "private"})
    assert state_from(PENDO, drawn(begun)).changes == {"http_network": "private"}
    items = dict(drawn(begun)._items)
    for other in ({"base_uri": "https://outside.example"}, {"region": "us"}):
        assert state_from(PENDO, Form(list((items | other).items()))).changes == {}


def test_the_universal_connector_has_only_the_http_view() -> None:
    http = load().connector("http")
    assert new_state(http).view == HTTP
    assert not panel_view(new_state(http), Purpose("", "", "")).may_be_simple
