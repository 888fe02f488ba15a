"""axe-core finds no violation on any page, light or dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.stage import Installation
from pendant.model.run import RunState

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    found: list[str] = page.evaluate(
        """async () => { const { violations } = await axe.run();
             const told = node => node.html + node.failureSummary;
             return violations.map(each => `${each.id}: ${each.nodes.map(told).join("; ")}`); }"""
    )
    return found


def engage(page: Page, url: str) -> None:
    page.goto(f"{url}/connections/new?application=pendo")
    page.click("#token-help summary")


def track(page: Page, url: str) -> None:
    page.goto(f"{url}/connections/new?application=pendo")
    page.check("#api-type-track")
    expect(page.locator("#field-send_event")).to_be_visible()
    page.fill("#field-token", "0" * 8 + "-0000-0000-0000-" + "0" * 12 + ".us")
    expect(page.locator("#token-hint")).to_be_visible()


def http_view(page: Page, url: str) -> None:
    page.goto(f"{url}/connections/new?application=pendo")
    page.check("#view-http")
    expect(page.locator("#field-http_base_uri")).to_be_visible()
    page.click("[data-add-row]")


def wrong_fields(page: Page, url: str) -> None:
    page.goto(f"{url}/connections/new?application=pendo")
    page.click("#save-button")
    expect(page.locator("#field-name")).to_have_attribute("aria-invalid", "true")


def row_menu(page: Page, url: str) -> None:
    page.goto(f"{url}/connections")
    page.locator("summary[aria-label^='Actions']").first.click()


def dialog(action: str) -> Callable[[Page, str], None]:
    def arrive(page: Page, url: str) -> None:
        row_menu(page, url)
        page.locator(".menu[open] .menu-item", has_text=action).click()
        expect(page.locator("dialog")).to_be_visible()
        if action == "Test":
            expect(page.locator("[data-report='ok'], [data-report='failed']")).to_be_visible()

    return arrive


def new_token(page: Page, url: str) -> None:
    page.goto(f"{url}/settings")
    if not page.locator("#field-name").is_visible():
        page.click("text=Create a token")
    page.fill("#field-name", "Nightly")
    page.check("#permission-1")
    page.click(".token-form .button-primary")
    expect(page.locator("#new-token")).to_be_visible()


def at(path: str) -> Callable[[Page, str], None]:
    return lambda page, url: page.goto(url + path) and None


def stored_export(page: Page, url: str) -> None:
    page.goto(f"{url}/exports")
    page.click(".row-title")


def plan(page: Page, url: str) -> None:
    stored_export(page, url)
    page.click("text=Show plan")
    page.locator("#plan").wait_for()


def preview(page: Page, url: str) -> None:
    stored_export(page, url)
    page.click("text=Edit")
    page.click("text=Preview")
    page.locator("#preview").wait_for()


def refused_preview(page: Page, url: str) -> None:
    stored_export(page, url)
    page.click("text=Edit")
    page.fill("#field-filter", "nowhere = 1")
    page.click("text=Preview")
    page.locator("#preview-place .notice-bad").wait_for()


def question(action: str) -> Callable[[Page, str], None]:
    def arrive(page: Page, url: str) -> None:
        stored_export(page, url)
        page.click(f".head-actions >> text={action}")
        expect(page.locator("dialog:modal")).to_be_visible()

    return arrive


def export_menu(page: Page, url: str) -> None:
    page.goto(f"{url}/exports")
    page.locator("summary[aria-label^='Actions']").first.click()


def pipeline_fields(page: Page, url: str) -> None:
    page.goto(f"{url}/exports/new")
    page.select_option("#field-resource", "aggregation")
    expect(page.locator("#field-ids")).to_have_count(0)
    expect(page.locator("#field-pipeline")).to_be_visible()


OF_A_STORED_EXPORT = (
    "exports", "stored export", "plan", "preview", "preview refused", "delete an export", "menu of an export",
)  # fmt: skip

PLACES: dict[str, Callable[[Page, str], None]] = {
    "connections": at("/connections"),
    "nothing found": at("/connections?q=no-such-connection"),
    "choose an application": at("/connections/new"),
    "engage": engage,
    "track": track,
    "http view": http_view,
    "universal connector": at("/connections/new?application=http"),
    "wrong fields": wrong_fields,
    "row menu": row_menu,
    "test": dialog("Test"),
    "used by": dialog("Used by"),
    "delete": dialog("Delete"),
    "exports": at("/exports"),
    "export": at("/exports/new"),
    "stored export": stored_export,
    "plan": plan,
    "preview": preview,
    "preview refused": refused_preview,
    "delete an export": question("Delete"),
    "menu of an export": export_menu,
    "fields of a resource": pipeline_fields,
    "runs": at("/runs"),
    "settings": at("/settings"),
    "new token": new_token,
    "help": at("/help"),
    "help: connection": at("/help/connect-to-pendo"),
    "help: http": at("/help/http-settings"),
    "not found": at("/no-such-page"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_no_violation(page: Page, installation: Installation, place: str, scheme: str, unique: str) -> None:
    connection = installation.connect(unique)
    if place in OF_A_STORED_EXPORT:
        installation.store_export(connection)
    page.emulate_media(color_scheme="light" if scheme == "light" else "dark", reduced_motion="reduce")
    PLACES[place](page, installation.url)
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.FAILED, RunState.FINISHED_WITH_ERRORS])
def test_axe_finds_no_violation_in_a_run(page: Page, installation: Installation, state: RunState, scheme: str) -> None:
    run = installation.record_run(state)
    page.emulate_media(color_scheme="light" if scheme == "light" else "dark", reduced_motion="reduce")
    for path in ("/runs", f"/runs/{run.id}"):
        page.goto(installation.url + path)
        assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_at_the_door(chromium: Browser, installation: Installation, scheme: str) -> None:
    stranger = chromium.new_context(color_scheme="light" if scheme == "light" else "dark", reduced_motion="reduce")
    page = stranger.new_page()
    page.goto(f"{installation.url}/connections")
    expect(page.locator("h1")).to_have_text("Sign in")
    assert violations(page) == []
    stranger.close()


def test_axe_would_find_one(page: Page, installation: Installation) -> None:
    page.goto(f"{installation.url}/connections")
    page.evaluate("() => document.body.append(document.createElement('input'))")
    assert "label" in [each.split(":")[0] for each in violations(page)]
