"""What script adds to the pages of exports and to row menus."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from browser.stage import Installation

pytestmark = pytest.mark.browser


def test_a_row_menu_closes_when_its_dialog_opens_and_gets_the_focus_back(
    page: Page, installation: Installation, unique: str
) -> None:
    installation.connect(unique)
    page.goto(f"{installation.url}/connections")
    summary = page.locator(f"summary[aria-label='Actions for {unique}']")
    summary.click()
    page.locator(".menu[open] .menu-item", has_text="Used by").click()
    expect(page.locator("dialog:modal")).to_be_visible()
    expect(page.locator(".menu[open]")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(summary).to_be_focused()


def test_plan_and_preview_appear_in_place_and_keep_what_was_typed(
    page: Page, installation: Installation, unique: str
) -> None:
    stored = installation.store_export(installation.connect(unique))
    address = f"{installation.url}/exports/{stored.id}"
    page.goto(address)
    page.click("text=Show plan")
    expect(page.locator("#plan")).to_contain_text("America/New_York")
    assert page.url == address
    page.goto(f"{address}/edit")
    page.fill("#field-name", "Typed and not saved")
    page.click("#preview-button")
    expect(page.locator("#preview")).to_contain_text("numEvents")
    page.select_option("#field-resource", "visitors")
    expect(page.locator("#field-apps")).to_have_count(0)
    assert page.input_value("#field-name") == "Typed and not saved"


def test_an_export_is_deleted_after_a_question(page: Page, installation: Installation, unique: str) -> None:
    stored = installation.store_export(installation.connect(unique))
    page.goto(f"{installation.url}/exports/{stored.id}")
    page.click(".head-actions >> text=Delete")
    expect(page.locator("dialog:modal")).to_contain_text("cannot be undone")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    page.click(".head-actions >> text=Delete")
    page.click("dialog .button-danger")
    expect(page.locator(".toast")).to_contain_text("Export deleted")
    expect(page.locator("tr", has_text=stored.name)).to_have_count(0)
