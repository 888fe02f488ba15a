"""What takes time is shown while it happens."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from browser.stage import Installation

pytestmark = pytest.mark.browser


def test_the_report_grows_stage_by_stage(page: Page, installation: Installation, unique: str) -> None:
    installation.pendo.faults.add("delay", path="/api/v1/token/verify", seconds=1.5)
    page.goto(f"{installation.url}/connections/new?application=pendo")
    page.fill("#field-name", unique)
    page.fill("#field-token", installation.pendo.key)
    page.check("#region-custom")
    page.fill("#field-base_uri", installation.pendo.api)
    page.click("#test-button")
    expect(page.locator("[data-report='running'] [data-stage='name']")).to_be_visible(timeout=1400)
    assert page.locator("[data-stage='key']").count() == 0
    expect(page.locator("[data-report='ok'] [data-stage='key']")).to_be_visible()
    expect(page.locator("[data-report='ok'] [data-stage='access']")).to_be_visible()


def test_a_wrong_key_is_a_failed_stage_with_a_hint(page: Page, installation: Installation, unique: str) -> None:
    page.goto(f"{installation.url}/connections/new?application=pendo")
    page.fill("#field-name", unique)
    page.fill("#field-token", installation.pendo.key[::-1])
    page.check("#region-custom")
    page.fill("#field-base_uri", installation.pendo.api)
    page.click("#test-button")
    failed = page.locator("[data-report='failed'] .stage-failed")
    expect(failed).to_be_visible()
    expect(failed.locator(".stage-hint")).not_to_be_empty()


def test_a_test_without_a_token_says_so_at_the_field(page: Page, installation: Installation) -> None:
    page.goto(f"{installation.url}/connections/new?application=pendo")
    page.click("#test-button")
    expect(page.locator("#report [role='alert']")).to_contain_text("The token is missing")
    expect(page.locator("#error-token")).to_contain_text("The token is missing")


def test_a_track_secret_is_proven_only_when_somebody_ticks_it(page: Page, installation: Installation) -> None:
    installation.pendo.forget_requests()
    page.goto(f"{installation.url}/connections/new?application=pendo")
    page.check("#api-type-track")
    expect(page.locator("#field-send_event")).not_to_be_checked()
    page.fill("#field-token", installation.pendo.track_secret)
    page.check("#region-custom")
    page.fill("#field-base_uri", installation.pendo.data)
    page.click("#test-button")
    expect(page.locator("[data-report='ok']")).to_be_visible()
    assert not [each for each in installation.pendo.requests if each.method == "POST"]
    page.check("#field-send_event")
    page.click("#test-button")
    expect(page.locator("[data-report='ok'] [data-stage='event']")).to_be_visible()
    assert len([each for each in installation.pendo.requests if each.method == "POST"]) == 1


def test_an_export_is_followed_until_it_has_finished(page: Page, installation: Installation, unique: str) -> None:
    installation.connect(unique)
    installation.pendo.faults.add("delay", path="/api/v1/aggregation", times=3, seconds=1.0)
    page.goto(f"{installation.url}/exports/new")
    page.select_option("#field-connection", unique)
    page.select_option("#field-resource", "visitors")
    page.fill("#field-target", f"{unique}.jsonl")
    page.click("text=Start export")
    expect(page.locator("#run[data-state='live'] progress")).to_be_visible()
    expect(page.locator("#run[data-state='ended']")).to_be_visible(timeout=30_000)
    expect(page.locator(".run-state")).to_contain_text("Finished")
    written = (installation.app.settings.exports / f"{unique}.jsonl").read_text(encoding="utf-8").splitlines()
    # Other tests here may have sent an event, which makes its visitor known.
    visitors = installation.pendo.expected("visitors").rows
    assert len(written) == visitors
    expect(page.locator(".figures")).to_contain_text(str(visitors))
    page.click("nav >> text=Runs")
    expect(page.locator("tr", has_text=f"{unique}.jsonl")).to_contain_text("Finished")


def test_a_wrong_export_says_so_at_its_field(page: Page, installation: Installation, unique: str) -> None:
    installation.connect(unique)
    page.goto(f"{installation.url}/exports/new")
    page.select_option("#field-connection", unique)
    page.select_option("#field-resource", "visitors")
    page.fill("#field-target", "../outside.parquet")
    page.click("text=Start export")
    expect(page.locator("#error-target")).to_contain_text("outside the folder for exports")
    expect(page.locator("#field-target")).to_be_focused()
    assert page.input_value("#field-target") == "../outside.parquet"
