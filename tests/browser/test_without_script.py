"""Script adds comfort and never meaning; and nothing needs a wide screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.stage import Installation
from pendant.access.cookies import SESSION_COOKIE
from pendant.model.run import RunState

pytestmark = pytest.mark.browser


@pytest.fixture
def plain_page(chromium: Browser, installation: Installation) -> Iterator[Page]:
    context = chromium.new_context(java_script_enabled=False)
    secure = installation.url.replace("http:", "https:")
    context.add_cookies([{"name": SESSION_COOKIE, "value": installation.session, "url": secure, "secure": True}])
    yield context.new_page()
    context.close()


def test_a_connection_is_created_without_script(plain_page: Page, installation: Installation, unique: str) -> None:
    page = plain_page
    page.goto(f"{installation.url}/connections")
    page.click("a[href='/connections/new']")
    page.click(".app-card >> nth=0")
    page.fill("#field-name", unique)
    page.check("#region-custom")
    page.fill("#field-base_uri", installation.pendo.api)
    page.check("#view-http")
    page.click("text=Switch")
    assert page.input_value("#field-http_base_uri") == installation.pendo.api
    page.check("#view-simple")
    page.click("text=Switch")
    page.fill("#field-token", installation.pendo.key)
    page.click("#test-button")
    expect(page.locator("[data-report='ok']")).to_be_visible()
    assert page.input_value("#field-token") == ""
    page.click("#save-close-button")
    expect(page.locator("#error-token")).to_contain_text("The token is missing")
    page.fill("#field-token", installation.pendo.key)
    page.click("#save-close-button")
    expect(page.locator("tr", has_text=unique)).to_be_visible()


def test_a_connection_is_deleted_without_script(plain_page: Page, installation: Installation, unique: str) -> None:
    installation.connect(unique)
    plain_page.goto(f"{installation.url}/connections")
    plain_page.click(f"summary[aria-label='Actions for {unique}']")
    plain_page.click(".menu[open] >> text=Delete")
    plain_page.click(".button-danger")
    expect(plain_page.locator("tr", has_text=unique)).to_have_count(0)


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_page_is_wider_than_the_screen(page: Page, installation: Installation, unique: str, width: int) -> None:
    saved = installation.connect(f"{unique} with a name that is a good deal longer than most names ever are")
    run = installation.record_run(RunState.FINISHED)
    page.set_viewport_size({"width": width, "height": 844})
    for path in (
        "/connections", "/connections/new?application=pendo", f"/connections/{saved.id}/edit", "/exports/new",
        "/runs", f"/runs/{run.id}", "/settings", "/help/connect-to-pendo", "/help/http-settings",
    ):  # fmt: skip
        page.goto(installation.url + path)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), path


def test_the_theme_switch_works_at_once_and_is_remembered(page: Page, installation: Installation) -> None:
    page.goto(f"{installation.url}/runs")
    light = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    page.click("[data-theme-form] button")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") != light
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
