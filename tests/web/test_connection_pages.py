"""The pages of connections without script: whole pages, plain forms."""

from __future__ import annotations

import pytest

from pendant.app import App
from pendant.model.access import Actor
from pendant.model.connection import Connection
from pendant.services import connections
from server.rig import Client
from web.browsing import HTMX, a_token, draft_fields, send


def test_an_empty_list_offers_one_thing_to_do(olga: Client) -> None:
    page = olga.get("/connections").text
    assert "Connect to Pendo" in page
    assert page.count('href="/connections/new"') == 1


def test_a_viewer_is_offered_nothing_that_is_refused(vera: Client, prod: Connection) -> None:
    page = vera.get("/connections").text
    assert "Pendo production" in page
    assert "/connections/new" not in page
    assert "Used by" in page
    for action in ("edit", "clone", "test", "delete"):
        assert f"/connections/{prod.id}/{action}" not in page
    assert vera.get("/connections/new").status == 403
    assert "Not allowed" in vera.get("/connections/new").text


def test_a_connection_is_created_with_a_plain_form(app: App, owner: Actor, olga: Client) -> None:
    answer = send(olga, "/connections", draft_fields())
    assert answer.status == 303
    [saved] = connections.find(app, owner)
    assert answer.headers["Location"] == f"/connections?done=saved&test={saved.id}"
    assert (saved.name, saved.region, saved.http.base_uri) == ("Pendo Europe", "eu", "https://app.eu.pendo.io")


def test_save_without_closing_stays_at_the_connection(app: App, owner: Actor, olga: Client) -> None:
    answer = send(olga, "/connections", draft_fields(then="stay"))
    [saved] = connections.find(app, owner)
    assert answer.headers["Location"] == f"/connections/{saved.id}/edit"
    assert "Edit Pendo Europe" in olga.get(answer.headers["Location"]).text


def test_c02_every_error_stands_at_its_field_and_the_token_nowhere(app: App, owner: Actor, olga: Client) -> None:
    fields = draft_fields(name="", region="custom", base_uri="not an address")
    for headers in ({}, HTMX):
        answer = send(olga, "/connections", fields, **headers)
        assert answer.status == 422
        assert "The connection has no name." in answer.text
        assert 'id="field-name"' in answer.text
        assert "The token was not kept." in answer.text
        assert 'value="not an address"' in answer.text
        assert answer.text.count('aria-invalid="true"') == 3
        assert fields["token"] not in answer.everything
    assert connections.find(app, owner) == []


@pytest.mark.parametrize("token", ["", "   ", "•" * 20, "*" * 36, "abc12", "with a space in the middle"])
def test_c25_a_token_that_is_none_is_refused_and_not_repeated(olga: Client, token: str) -> None:
    answer = send(olga, "/connections", draft_fields(token=token))
    assert answer.status == 422
    assert 'id="field-token" name="token" type="password" value=""' in answer.text
    if token.strip():
        assert token not in answer.text


def test_d01_an_edit_without_the_token_changes_nothing(app: App, owner: Actor, olga: Client, prod: Connection) -> None:
    fields = draft_fields(name="Renamed", token="", version="1", replaces=prod.id)
    assert send(olga, f"/connections/{prod.id}", fields).status == 422
    assert connections.get(app, owner, prod.id) == connections.get(app, owner, "Pendo production")


def test_an_edit_that_began_before_another_one_was_saved_is_refused(olga: Client, prod: Connection) -> None:
    fields = draft_fields(name="First", version="1", replaces=prod.id)
    assert send(olga, f"/connections/{prod.id}", fields).status == 303
    second = send(olga, f"/connections/{prod.id}", fields | {"name": "Second"})
    assert second.status == 409
    assert "was saved by Olga since you opened it" in second.text


def test_a_name_that_is_taken_is_said_at_the_name(olga: Client, prod: Connection) -> None:
    answer = send(olga, "/connections", draft_fields(name="pendo PRODUCTION"))
    assert answer.status == 409
    assert "There is already a connection Pendo production" in answer.text


def test_a_clone_has_everything_but_the_name_and_the_token(
    app: App, owner: Actor, olga: Client, prod: Connection
) -> None:
    page = olga.get(f"/connections/{prod.id}/clone").text
    assert 'value="Pendo production copy"' in page
    assert 'id="region-eu" value="eu" required checked' in page
    assert send(olga, "/connections", draft_fields(name="Pendo production copy")).status == 303
    assert len(connections.find(app, owner)) == 2


def test_delete_asks_first_and_says_what_it_does_not_do(app: App, owner: Actor, olga: Client, prod: Connection) -> None:
    assert "Revoke the key in Pendo as well." in olga.get(f"/connections/{prod.id}/delete").text
    assert connections.find(app, owner)
    assert send(olga, f"/connections/{prod.id}/delete").headers["Location"] == "/connections?done=deleted"
    assert connections.find(app, owner) == []


def test_searching_and_sorting_answer_with_the_table_alone(olga: Client, prod: Connection) -> None:
    fragment = olga.get("/connections?q=prod&sort=-name", HX_Target="div#connection-list", **HTMX).text
    assert fragment.lstrip().startswith('<div id="connection-list">')
    assert 'aria-sort="descending"' in fragment
    assert "Nothing found" in olga.get("/connections?q=zzz", HX_Target="div#connection-list", **HTMX).text


def test_a_drawer_comes_alone_or_over_the_list(olga: Client, prod: Connection) -> None:
    alone = olga.get("/connections/new?application=pendo", **HTMX).text
    assert alone.lstrip().startswith("<dialog")
    over = olga.get("/connections/new?application=pendo").text
    assert "Pendo production" in over
    assert "<dialog" in over


def test_turning_the_view_sends_everything_but_the_token_field(olga: Client) -> None:
    turned = send(olga, "/connections/panel", draft_fields(view="http", token=""), **HTMX).text
    assert 'value="https://app.eu.pendo.io"' in turned
    assert 'name="token"' not in turned


def test_an_address_that_is_not_allowed_is_said_at_the_address(olga: Client) -> None:
    fields = draft_fields(region="custom", base_uri="https://169.254.169.254")
    answer = send(olga, "/connections", fields)
    assert answer.status == 502
    assert 'id="error-base_uri"><p class="field-error">' in answer.text
    assert fields["token"] not in answer.everything


def test_the_report_is_streamed_to_htmx(olga: Client) -> None:
    fields = draft_fields(region="custom", base_uri="http://127.0.0.1:9", token=a_token())
    answer = send(olga, "/connections/test", fields, **HTMX)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    messages = answer.text.strip().split("\n\n")
    assert len(messages) > 2
    assert all('data-report="running"' in message for message in messages[:-1])
    assert 'data-report="failed"' in messages[-1]
    assert fields["token"] not in answer.everything


def test_without_script_the_report_stands_in_the_page(olga: Client) -> None:
    fields = draft_fields(region="custom", base_uri="http://127.0.0.1:9")
    answer = send(olga, "/connections/test", fields)
    assert 'data-report="failed"' in answer.text
    assert 'value="Pendo Europe"' in answer.text
    assert fields["token"] not in answer.everything


def test_a_database_is_asked_for_its_address_and_password_and_for_nothing_of_http(
    app: App, owner: Actor, olga: Client
) -> None:
    page = olga.get("/connections/new?application=postgresql").text
    assert "postgresql://loader@db.example.com:5432/analytics" in page
    assert "Password" in page
    assert "http_auth_name" not in page
    address = "postgresql://loader@db.example.com/analytics"
    fields = {
        "application": "postgresql",
        "api_type": "postgresql",
        "shown_api_type": "postgresql",
        "view": "http",
        "shown_view": "http",
        "name": "Warehouse",
        "http_base_uri": address,
        "http_network": "public",
        "token": a_token(),
        "then": "close",
    }
    assert send(olga, "/connections", fields).status == 303
    [saved] = connections.find(app, owner)
    assert (saved.name, saved.http.base_uri, saved.http.network) == ("Warehouse", address, "public")
    assert "Edit Warehouse" in olga.get(f"/connections/{saved.id}/edit").text
