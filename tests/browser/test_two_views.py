"""Simple view and HTTP view show one state; switching loses nothing and never touches the token."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from playwright.sync_api import Page, expect

from browser.stage import Installation, form_values

pytestmark = pytest.mark.browser

CHANGES = {
    "http_auth_scheme": "Bearer",
    "http_ping_relative_uri": "/api/v1/page?x=1&y=2",
    "http_ping_success_values": "true\n1",
    "http_ping_body": '{"a":\n  "<b>"}',
    "http_retry_header": "X-Wait",
    "http_minimum_wait_ms": "250",
    "http_concurrency_level": "7",
}


def to_view(page: Page, view: str) -> None:
    page.check(f"#view-{view}")
    page.wait_for_selector(f"#panel-settings input[name='shown_view'][value='{view}']", state="attached")


def without_what_was_shown(values: Mapping[str, list[str]]) -> Mapping[str, list[str]]:
    return {name: value for name, value in values.items() if not name.startswith("shown_")}


def open_http_view(page: Page, installation: Installation) -> None:
    page.goto(f"{installation.url}/connections/new?application=pendo")
    page.fill("#field-name", "Two views")
    page.fill("#field-token", installation.pendo.key)
    to_view(page, "http")


def test_what_was_typed_in_the_http_view_is_there_again(page: Page, installation: Installation) -> None:
    open_http_view(page, installation)
    for name, text in CHANGES.items():
        page.fill(f"#field-{name}", text)
    page.select_option("#field-http_media_type", "xml")
    for name, value in (("X-One", "1"), ("X-Two", 'a "quoted" & <odd> value')):
        page.click("[data-add-row]")
        page.locator("[name='http_header_name']").last.fill(name)
        page.locator("[name='http_header_value']").last.fill(value)
    before = form_values(page)
    to_view(page, "simple")
    expect(page.locator("#panel-settings")).to_contain_text("Changed in the HTTP view")
    to_view(page, "http")
    assert form_values(page) == before
    assert before["token"] == [installation.pendo.key]


def test_a_region_becomes_its_base_uri_and_back(page: Page, installation: Installation) -> None:
    page.goto(f"{installation.url}/connections/new?application=pendo")
    page.check("#region-eu")
    before = form_values(page)
    to_view(page, "http")
    assert page.input_value("#field-http_base_uri") == "https://app.eu.pendo.io"
    page.fill("#field-http_base_uri", "https://app.jpn.pendo.io")
    to_view(page, "simple")
    assert page.is_checked("#region-jp")
    page.check("#region-eu")
    assert without_what_was_shown(form_values(page)) == without_what_was_shown(before)


def test_an_address_of_no_region_is_custom(page: Page, installation: Installation) -> None:
    open_http_view(page, installation)
    page.fill("#field-http_base_uri", "https://pendo.example.com")
    to_view(page, "simple")
    assert page.is_checked("#region-custom")
    assert page.input_value("#field-base_uri") == "https://pendo.example.com"


def test_the_api_type_changes_what_is_asked_and_keeps_the_token(page: Page, installation: Installation) -> None:
    open_http_view(page, installation)
    page.fill("#field-http_concurrency_level", "9")
    page.check("#api-type-track")
    expect(page.locator("#token-help")).to_contain_text("How to retrieve the track API token")
    assert page.input_value("#field-http_base_uri") == "https://data.pendo.io"
    assert page.input_value("#field-http_ping_relative_uri") == ""
    assert page.input_value("#field-http_concurrency_level") == "9"
    assert page.input_value("#field-token") == installation.pendo.key
    page.check("#api-type-engage")
    expect(page.locator("#token-help")).to_contain_text("How to retrieve the engage API token")
    assert page.input_value("#field-http_ping_relative_uri") == "/api/v1/token/verify"


def test_a_token_of_the_other_type_is_pointed_out(page: Page, installation: Installation) -> None:
    page.goto(f"{installation.url}/connections/new?application=pendo")
    plain = "0" * 8 + "-0000-0000-0000-" + "0" * 12
    page.fill("#field-token", plain)
    expect(page.locator("#token-hint")).to_contain_text("may be a Track event shared secret")
    page.fill("#field-token", f"{plain}.us")
    expect(page.locator("#token-hint")).to_be_hidden()
    page.check("#api-type-track")
    expect(page.locator("#token-hint")).to_contain_text("looks like an integration key")


def test_what_was_saved_comes_back_in_both_views(page: Page, installation: Installation, unique: str) -> None:
    open_http_view(page, installation)
    page.fill("#field-name", unique)
    page.fill("#field-http_base_uri", installation.pendo.api)
    page.fill("#field-http_minimum_wait_ms", "5")
    page.click("#save-button")
    expect(page.locator("#drawer-title")).to_contain_text(f"Edit {unique}")
    expect(page.locator("#report [data-report='ok']")).to_be_visible()
    page.reload()
    assert page.is_checked("#region-custom")
    to_view(page, "http")
    assert page.input_value("#field-http_minimum_wait_ms") == "5"
