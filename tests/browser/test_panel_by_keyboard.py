"""Everything can be done without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from browser.stage import Installation, tab_to

pytestmark = pytest.mark.browser


def test_a_connection_is_created_tested_and_saved_by_keyboard_alone(
    page: Page, installation: Installation, unique: str
) -> None:
    page.goto(f"{installation.url}/connections")
    tab_to(page, "a[href='/connections/new']")
    page.keyboard.press("Enter")
    expect(page.locator(".app-card").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#field-name")).to_be_focused()
    page.keyboard.type(unique)
    tab_to(page, "#field-token")
    page.keyboard.type(installation.pendo.key)
    tab_to(page, "#region-us")
    page.keyboard.press("ArrowLeft")  # a group of radio buttons is a ring: before the first comes the last
    tab_to(page, "#field-base_uri")
    page.keyboard.type(installation.pendo.api)
    tab_to(page, "#test-button")
    page.keyboard.press("Enter")
    expect(page.locator("#report [data-report='ok']")).to_be_visible()
    tab_to(page, "#save-close-button")
    page.keyboard.press("Enter")
    row = page.locator("tr", has_text=unique)
    expect(row).to_contain_text("Online")
    expect(row).to_contain_text("Read-write")


def test_help_unfolds_in_place_by_keyboard(page: Page, installation: Installation) -> None:
    page.goto(f"{installation.url}/connections/new?application=pendo")
    tab_to(page, "#token-help summary")
    page.keyboard.press("Enter")
    expect(page.locator("#token-help .steps")).to_contain_text("Integrations > Integration keys")


def test_escape_closes_the_drawer_and_the_focus_comes_back(page: Page, installation: Installation) -> None:
    page.goto(f"{installation.url}/connections")
    tab_to(page, "a[href='/connections/new']")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator("a[href='/connections/new']")).to_be_focused()
    assert page.url == f"{installation.url}/connections"


def test_the_focus_stays_inside_the_open_drawer(page: Page, installation: Installation) -> None:
    page.goto(f"{installation.url}/connections/new?application=pendo")
    for _ in range(60):
        page.keyboard.press("Tab")
        inside = "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        assert page.evaluate(inside)


def test_the_actions_of_a_row_open_with_arrow_keys(page: Page, installation: Installation, unique: str) -> None:
    installation.connect(unique)
    page.goto(f"{installation.url}/connections")
    menu = f"summary[aria-label='Actions for {unique}']"
    tab_to(page, menu)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".menu[open] .menu-item").first).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator(".menu[open] .menu-danger")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(menu)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_contain_text("Revoke the key in Pendo as well")
    tab_to(page, "dialog .button-danger")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Connection deleted")
    expect(page.locator("tr", has_text=unique)).to_have_count(0)


def test_after_an_error_the_focus_is_on_the_first_wrong_field(page: Page, installation: Installation) -> None:
    page.goto(f"{installation.url}/connections/new?application=pendo")
    tab_to(page, "#save-button")
    page.keyboard.press("Enter")
    name = page.locator("#field-name")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_be_focused()
    assert name.get_attribute("aria-describedby") == "help-name error-name"
    expect(page.locator("#error-name")).to_contain_text("The connection has no name.")
    expect(page.locator("#error-token")).to_contain_text("The token is missing")


def test_an_error_goes_when_its_field_is_filled_in_and_the_others_stay(page: Page, installation: Installation) -> None:
    page.goto(f"{installation.url}/connections/new?application=pendo")
    page.locator("#save-close-button").click()
    expect(page.locator("#error-name .field-error")).to_be_visible()
    page.locator("#field-name").fill("Anything")
    expect(page.locator("#error-name .field-error")).to_have_count(0)
    expect(page.locator("#field-name")).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("#error-token .field-error")).to_be_visible()
    page.check("#view-http")
    expect(page.locator("#field-http_media_type")).to_be_visible()
    expect(page.locator("#view-http")).to_be_focused()


def test_a_click_beside_the_drawer_closes_it_only_while_nothing_is_entered(
    page: Page, installation: Installation
) -> None:
    page.goto(f"{installation.url}/connections/new?application=pendo")
    page.locator("#field-name").fill("Half a name")
    page.mouse.click(100, 400)
    expect(page.locator("#field-name")).to_have_value("Half a name")
    page.goto(f"{installation.url}/connections/new?application=pendo")
    expect(page.locator("dialog")).to_be_visible()
    page.mouse.click(100, 400)
    expect(page.locator("dialog")).to_have_count(0)
