"""C03, C04, C05: the token is typed, sent in one kind of request, and seen nowhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from browser.stage import Installation, Watch, everything_on

pytestmark = pytest.mark.browser


def fill(page: Page, installation: Installation, name: str) -> str:
    """Fill in the panel for the simulated Pendo and return the token that was typed."""
    page.goto(f"{installation.url}/connections/new?application=pendo")
    page.fill("#field-name", name)
    page.fill("#field-token", installation.pendo.key)
    page.check("#region-custom")
    page.fill("#field-base_uri", installation.pendo.api)
    return installation.pendo.key


def sent_with(watch: Watch, token: str) -> set[tuple[str, str]]:
    """Return method and path of every request that carried the token, wherever it stood."""
    return {
        (request.method, request.url.split("?")[0].rpartition("127.0.0.1:")[2].partition("/")[2])
        for request in watch.requests
        if token in f"{request.url} {request.all_headers()} {request.post_data or ''}"
    }


def test_c03_it_is_nowhere_on_the_page_after_a_save(page: Page, installation: Installation, unique: str) -> None:
    token = fill(page, installation, unique)
    page.click("#save-button")
    expect(page.locator("#drawer-title")).to_contain_text(f"Edit {unique}")
    expect(page.locator("#report [data-report='ok']")).to_be_visible()
    assert token not in everything_on(page)
    page.reload()
    assert token not in everything_on(page)


def test_c05_it_is_nowhere_on_the_page_after_an_error(page: Page, installation: Installation) -> None:
    token = fill(page, installation, "")
    page.click("#save-button")
    expect(page.locator("#error-token")).to_contain_text("The token was not kept")
    assert page.input_value("#field-token") == ""
    assert token not in everything_on(page)


def test_c03_it_is_nowhere_on_the_page_after_going_back(page: Page, installation: Installation, unique: str) -> None:
    token = fill(page, installation, unique)
    page.goto(f"{installation.url}/runs")
    page.go_back()
    expect(page.locator("#field-token")).to_be_visible()
    assert page.input_value("#field-token") == ""
    assert token not in everything_on(page)


def test_the_search_for_it_would_find_it(page: Page, installation: Installation, unique: str) -> None:
    token = fill(page, installation, unique)
    assert token in everything_on(page)
    page.fill("#field-token", "")
    page.fill("#field-name", token)
    assert token in everything_on(page)


def test_c04_it_leaves_the_page_only_in_the_body_of_test_and_save(
    page: Page, installation: Installation, watch: Watch, unique: str
) -> None:
    token = fill(page, installation, unique)
    page.check("#view-http")
    expect(page.locator("#field-http_base_uri")).to_be_visible()
    page.check("#api-type-track")
    expect(page.locator("#field-send_event")).to_be_visible()
    page.check("#api-type-engage")
    expect(page.locator("#field-send_event")).to_have_count(0)
    assert sent_with(watch, token) == set()
    page.click("#test-button")
    expect(page.locator("#report [data-report='ok']")).to_be_visible()
    page.click("#save-close-button")
    expect(page.locator("tr", has_text=unique)).to_contain_text("Online")
    assert sent_with(watch, token) == {("POST", "connections/test"), ("POST", "connections")}
    assert not [request for request in watch.requests if token in request.url]


def test_c03_nothing_is_kept_in_the_storages_of_the_browser(
    page: Page, installation: Installation, unique: str
) -> None:
    fill(page, installation, unique)
    page.click("#save-close-button")
    expect(page.locator("tr", has_text=unique)).to_be_visible()
    kept = page.evaluate(
        """async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length,
                        (await caches.keys()).length]"""
    )
    assert kept == [0, 0, 0, 0]


def test_c05_the_field_offers_nothing(page: Page, installation: Installation, unique: str) -> None:
    saved = installation.connect(unique)
    for address in (
        "/connections/new?application=pendo",
        f"/connections/{saved.id}/edit",
        f"/connections/{saved.id}/clone",
    ):
        page.goto(installation.url + address)
        field = page.locator("#field-token")
        assert field.get_attribute("type") == "password"
        assert field.get_attribute("autocomplete") == "new-password"
        assert field.get_attribute("value") == ""
        assert field.input_value() == ""
