"""The token's way through the web app."""

from __future__ import annotations

import html
import re

from journeys.canary_stage import Stage, Visitor
from web.browsing import HTMX

_ADDRESS = re.compile(r'(?:href|action|hx-get|src|formaction)="(/[^"#]*)')
_FIELD_WITH_VALUE = re.compile(r'<input[^>]*name="token"[^>]*value="(?P<value>[^"]*)"')


def walk_forms(stage: Stage, browser: Visitor) -> None:
    """Create, edit, clone, test and delete as a person does, with script and without, right and wrong."""
    form = _form(stage, "Web")
    browser.fill_in("/connections/panel", form | {"view": "http"}, wants=200, **HTMX)
    browser.fill_in("/connections/test", _without(form, "name"), wants=200, **HTMX)
    wrong = browser.fill_in("/connections", form | {"name": ""}, wants=422)
    assert _FIELD_WITH_VALUE.search(wrong.text)["value"] == ""  # type: ignore[index] # None fails as it should
    browser.fill_in("/connections", form | {"name": "Omega"}, wants=409, **HTMX)
    browser.fill_in("/connections", form | {"token": stage.token * 12}, wants=422, **HTMX)
    browser.fill_in("/connections", form | {"region": "nowhere"}, wants=422)
    browser.fill_in("/connections", form | {"tokn": stage.token}, wants=303)
    made = browser.get("/api/v1/connections/Web").json()
    edit = form | {"replaces": made["id"], "version": str(made["version"]), "name": "Web again", "then": "stay"}
    browser.fill_in(f"/connections/{made['id']}", edit, wants=200, **HTMX)
    browser.fill_in(f"/connections/{made['id']}", edit, wants=409)
    browser.fill_in("/connections", form | {"name": "Web copy"}, wants=303)
    report = browser.fill_in(f"/connections/{made['id']}/test", {}, wants=200, **HTMX)
    assert 'data-report="ok"' in report.text
    browser.fill_in(f"/connections/{made['id']}/delete", {}, wants=303)


def walk_wrong_forms(stage: Stage, browser: Visitor, stranger: Visitor) -> None:
    """The token in forms that are not for it, or sent by somebody else."""
    form = _form(stage, "Foreign")
    own = {"Sec_Fetch_Site": "same-origin"}
    stranger.fill_in("/sign-in", {"name": "Olga", "password": stage.token}, wants=401, **own)
    stranger.fill_in("/connections", form, wants=303, **own)
    browser.fill_in("/connections", form, wants=403, Sec_Fetch_Site="cross-site")
    browser.fill_in("/settings/tokens", {"name": "x", "days": stage.token}, wants=422)


def walk_pages(browser: Visitor) -> set[str]:
    """Follow every link from the first page on; return the addresses of all pages."""
    waiting, met = ["/connections"], {"/connections"}
    while waiting:
        page = browser.client.get(waiting.pop())
        browser.evidence.append(("a page", f"{page.headers}\n{page.text}".encode()))
        assert page.status in (200, 303, 404, 405), page.text
        for address in map(html.unescape, _ADDRESS.findall(page.text)):
            if address not in met:
                met.add(address)
                waiting.append(address)
    return met


def _form(stage: Stage, name: str) -> dict[str, str]:
    """Return what the Simple view of a new Engage connection sends."""
    return {
        "application": "pendo", "api_type": "engage", "shown_api_type": "engage", "view": "simple",
        "shown_view": "simple", "name": name, "region": "custom", "base_uri": stage.pendo.api, "token": stage.token,
        "then": "close",
    }  # fmt: skip


def _without(form: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in form.items() if key != name}
