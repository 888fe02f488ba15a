"""E12, E13: what somebody else wrote never becomes code here."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from browser.stage import Installation, Watch

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=window.planted=1>\"'><script>window.planted=1</script>{{7*7}}"

PLANT = """<script>window.planted = 1</script><button id="bait" onclick="window.planted = 1">x</button>
<img src="/nothing" onerror="window.planted = 1"></body>"""


def plant(page: Page, url: str, *, policy: bool) -> None:
    """Load a page into whose source somebody managed to write, with or without the policy that came with it."""

    def change(route: Route) -> None:
        answer = route.fetch()
        headers = {name: text for name, text in answer.headers.items() if policy or name != "content-security-policy"}
        route.fulfill(response=answer, headers=headers, body=answer.text().replace("</body>", PLANT))

    page.route(url, change)
    page.goto(url)
    page.locator("#bait").dispatch_event("click")


def test_e13_inline_script_is_blocked_even_when_it_was_injected(
    page: Page, installation: Installation, watch: Watch
) -> None:
    plant(page, f"{installation.url}/help", policy=True)
    assert page.evaluate("() => window.planted") is None
    assert len(watch.violations) >= 3
    watch.violations.clear()


def test_without_the_policy_the_same_script_runs(page: Page, installation: Installation) -> None:
    plant(page, f"{installation.url}/help", policy=False)
    assert page.evaluate("() => window.planted") == 1


def test_text_becomes_elements_only_through_the_one_policy(
    page: Page, installation: Installation, watch: Watch
) -> None:
    page.goto(f"{installation.url}/help")
    refused = page.evaluate("() => { try { document.body.innerHTML = '<b>'; } catch (error) { return error.name; } }")
    assert refused == "TypeError"
    watch.violations.clear()


def test_e13_a_page_reaches_no_other_origin(page: Page, installation: Installation, watch: Watch) -> None:
    page.goto(f"{installation.url}/connections")
    answer = page.evaluate("u => fetch(u).then(() => 'reached', () => 'blocked')", installation.pendo.api)
    assert answer == "blocked"
    watch.violations.clear()


def test_attributes_cannot_carry_code_for_htmx(page: Page, installation: Installation, watch: Watch) -> None:
    page.goto(f"{installation.url}/connections")
    page.evaluate(
        """() => { const each = document.createElement("b"); each.setAttribute("hx-on:click", "window.planted = 1");
                   document.body.append(each); htmx.process(each); each.click(); }"""
    )
    assert page.evaluate("() => window.planted") is None
    watch.violations.clear()


def test_e12_a_hostile_name_is_only_text(page: Page, installation: Installation) -> None:
    name = HOSTILE[:100]
    saved = installation.connect(name)
    for path in (
        "/connections",
        f"/connections?q={name[:4]}",
        f"/connections/{saved.id}/edit",
        f"/connections/{saved.id}/clone",
        f"/connections/{saved.id}/test",
        f"/connections/{saved.id}/used-by",
        f"/connections/{saved.id}/delete",
        "/exports/new",
    ):
        page.goto(installation.url + path)
        assert name in page.content().replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace(
            "&amp;", "&"
        ).replace("&#34;", '"').replace("&#39;", "'"), path
        assert page.locator("img").count() == 0, path
        assert page.evaluate("() => window.planted") is None, path


def test_e12_a_hostile_name_is_only_text_in_what_htmx_puts_in(page: Page, installation: Installation) -> None:
    installation.connect(f"{HOSTILE[:90]} 2")
    page.goto(f"{installation.url}/connections")
    with page.expect_response(lambda response: "q=img" in response.url):
        page.fill("#search", "img src")
    page.wait_for_timeout(300)
    expect(page.locator(".row-title").first).to_contain_text("<img src=x")
    page.locator("summary[aria-label^='Actions for <img']").first.click()
    page.click(".menu[open] >> text=Test")
    expect(page.locator("dialog h2")).to_contain_text("<img src=x")
    assert page.locator("img").count() == 0
    assert page.evaluate("() => window.planted") is None
