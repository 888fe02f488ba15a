"""What holds for every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pendant.web
from pendant.model.connection import Connection
from pendant.web.assets import Assets
from server.rig import Client
from web.browsing import send

TEMPLATES = Path(pendant.web.__file__).parent / "templates"
STATIC = Path(pendant.web.__file__).parent / "static"
PATHS = (
    "/connections", "/connections/new", "/connections/new?application=pendo", "/connections/new?application=http",
    "/exports", "/exports/new", "/runs", "/settings", "/help", "/help/connect-to-pendo", "/help/http-settings",
)  # fmt: skip
LOADED = re.compile(r"""<(?:script|link|img|use|iframe|form|source)[^>]*?(?:src|href|action)="([^"]*)""")
INLINE = re.compile(r"""\sstyle=|<style|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)""", re.IGNORECASE)


@pytest.mark.parametrize("path", PATHS)
def test_every_page_answers_and_loads_nothing_from_elsewhere(olga: Client, prod: Connection, path: str) -> None:
    page = olga.get(path)
    assert page.status == 200
    assert {address[:1] for address in LOADED.findall(page.text)} == {"/"}
    assert not any(address.startswith("//") for address in LOADED.findall(page.text))


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_e13_no_template_holds_inline_style_or_script(template: Path) -> None:
    assert INLINE.findall(template.read_text(encoding="utf-8")) == []


def test_no_template_switches_escaping_off() -> None:
    for template in TEMPLATES.rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        assert "|safe" not in text.replace(" ", ""), template.name
        assert "autoescape" not in text, template.name


def test_no_style_sheet_or_script_of_ours_names_another_host() -> None:
    for file in (*STATIC.glob("*.css"), *STATIC.glob("*.js")):
        assert "//" not in re.sub(r"^\s*//.*$", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE), file.name


def test_links_to_other_sites_take_nothing_along(olga: Client) -> None:
    page = olga.get("/help/connect-to-pendo").text
    outside = re.findall(r'<a href="https://[^>]*>', page)
    assert outside
    assert all('rel="noopener noreferrer"' in link for link in outside)


def test_vendored_files_carry_their_licence() -> None:
    for folder in (STATIC / "vendor").iterdir():
        assert (folder / "LICENSE").is_file()


def test_static_files_may_be_kept_because_their_address_changes_with_them(stranger: Client) -> None:
    address = Assets().url("app.js")
    answer = stranger.get(address)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert "immutable" in answer.headers["Cache-Control"]
    assert stranger.get(address.replace("/static/", "/static/0")).status == 404


@pytest.mark.parametrize("name", ["../pages.py", "%2e%2e/pages.py", "vendor/htmx/LICENSE", "..%2fpages.py"])
def test_nothing_but_static_files_is_served_as_one(stranger: Client, name: str) -> None:
    version = Assets().url("app.js").split("/")[2]
    assert stranger.get(f"/static/{version}/{name}").status == 404


def test_a_page_that_does_not_exist_says_so_in_the_same_design(olga: Client) -> None:
    page = olga.get("/no-such-page")
    assert page.status == 404
    assert "bare-card" in page.text


def test_help_says_what_the_connectors_declare(olga: Client) -> None:
    page = olga.get("/help/connect-to-pendo").text
    for text in ("Integrations &gt; Integration keys", "Track event shared secret", "https://us1.data.pendo.io"):
        assert text in page
    assert "x-pendo-integration-key" in olga.get("/help/http-settings").text


def test_an_api_token_is_shown_once(olga: Client) -> None:
    made = send(olga, "/settings/tokens", [("name", "Nightly"), ("days", "30"), ("permissions", "runs:read")])
    text = re.search(r"pcx_pat_[0-9A-Za-z]{46}", made.text)
    assert text
    again = olga.get("/settings").text
    assert "Nightly" in again
    assert text[0] not in again
    revoke = re.search(r"/settings/tokens/[0-9a-f-]+/revoke", again)
    assert revoke
    assert send(olga, revoke[0]).status == 303
    assert "Revoked" in olga.get("/settings").text


def test_a_token_without_a_permission_is_refused_at_its_field(olga: Client) -> None:
    answer = send(olga, "/settings/tokens", {"name": "Nightly", "days": "30"})
    assert answer.status == 422
    assert "without a permission can do nothing" in answer.text


def test_verifying_the_vault_opens_every_token(olga: Client, prod: Connection) -> None:
    assert "0 could not be read" in send(olga, "/settings/vault/verify").text


def test_a_viewer_sees_neither_tokens_nor_vault(vera: Client) -> None:
    page = vera.get("/settings").text
    assert "api-tokens" not in page
    assert "Vault" not in page
