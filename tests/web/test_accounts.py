"""First start, signing in and out, as a browser sees it."""

from __future__ import annotations

import pytest

from pendant.access.cookies import SESSION_COOKIE
from pendant.app import App
from pendant.model.access import Role
from pendant.services import accounts
from server.fixtures import PASSWORD
from server.rig import Client
from web.browsing import HTMX, send


def test_without_a_user_every_page_leads_to_the_set_up(stranger: Client) -> None:
    for path in ("/connections", "/sign-in", "/runs"):
        answer = stranger.get(path)
        assert (answer.status, answer.headers["Location"]) == (303, "/set-up")


def test_the_setup_code_makes_the_owner_who_is_then_signed_in(app: App, stranger: Client, port: int) -> None:
    code = accounts.setup_code(app)
    assert code
    answer = send(stranger, "/set-up", {"code": code, "name": "Ada", "password": PASSWORD})
    assert (answer.status, answer.headers["Location"]) == (303, "/connections")
    cookie = answer.headers["Set-Cookie"].partition(";")[0].partition("=")[2]
    assert "Ada" in Client(port, session=cookie).get("/connections").text
    assert stranger.get("/set-up").headers["Location"] == "/sign-in"


def test_a_wrong_setup_code_stands_at_its_field_and_the_password_does_not_come_back(app: App, stranger: Client) -> None:
    accounts.setup_code(app)
    answer = send(stranger, "/set-up", {"code": "WRONG", "name": "Ada", "password": PASSWORD})
    assert answer.status == 422
    assert 'name="code" type="text" value="WRONG"' in answer.text
    assert "aria-invalid" in answer.text
    assert PASSWORD not in answer.everything


def test_signing_in_leads_to_the_page_that_was_asked_for(stranger: Client, sessions: dict[Role, str]) -> None:
    asked = stranger.get("/runs?x=1")
    assert asked.headers["Location"] == "/sign-in?next=%2Fruns%3Fx%3D1"
    assert 'name="next" value="/runs?x=1"' in stranger.get(asked.headers["Location"]).text
    answer = send(stranger, "/sign-in", {"name": "olga", "password": PASSWORD, "next": "/runs?x=1"})
    assert (answer.status, answer.headers["Location"]) == (303, "/runs?x=1")
    assert SESSION_COOKIE in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("name", ["Olga", "Nobody"])
def test_a_wrong_password_and_a_wrong_name_look_the_same(
    stranger: Client, sessions: dict[Role, str], name: str
) -> None:
    answer = send(stranger, "/sign-in", {"name": name, "password": "not that one"})
    assert answer.status == 401
    assert "The name or the password is wrong." in answer.text
    assert "Set-Cookie" not in answer.headers
    assert "not that one" not in answer.everything


def test_signing_in_never_leads_elsewhere(stranger: Client, sessions: dict[Role, str]) -> None:
    answer = send(stranger, "/sign-in", {"name": "Olga", "password": PASSWORD, "next": "//evil.example"})
    assert answer.headers["Location"] == "/connections"


def test_signing_out_ends_the_session(olga: Client) -> None:
    answer = send(olga, "/sign-out")
    assert answer.headers["Location"] == "/sign-in"
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert olga.get("/connections").headers["Location"].startswith("/sign-in")


def test_a_fragment_asked_for_after_the_session_ended_leads_the_whole_page_away(
    stranger: Client, sessions: dict[Role, str]
) -> None:
    answer = stranger.get("/connections", **HTMX)
    assert answer.headers["HX-Redirect"].startswith("/sign-in")


@pytest.mark.parametrize(("chosen", "attribute"), [("dark", 'data-theme="dark"'), ("light", 'data-theme="light"')])
def test_the_theme_is_kept_in_a_cookie_that_no_script_reads(
    port: int, stranger: Client, sessions: dict[Role, str], chosen: str, attribute: str
) -> None:
    answer = send(stranger, "/theme", {"theme": chosen, "next": "/sign-in"})
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert attribute in Client(port, Cookie=f"pendant-theme={chosen}").get("/sign-in").text


def test_an_unknown_theme_is_no_theme(port: int, sessions: dict[Role, str]) -> None:
    assert "data-theme=" not in Client(port, Cookie='pendant-theme="><script>').get("/sign-in").text.split("<body>")[0]


def test_a_changed_password_ends_the_session_and_the_new_one_signs_in(
    olga: Client, stranger: Client, sessions: dict[Role, str]
) -> None:
    fresh = "copper ladder quiet moss"
    answer = send(olga, "/settings/password", {"old_password": PASSWORD, "new_password": fresh})
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in?done=password")
    assert "Your password is changed" in stranger.get("/sign-in?done=password").text
    assert olga.get("/connections").headers["Location"].startswith("/sign-in")
    assert send(stranger, "/sign-in", {"name": "Olga", "password": fresh}).status == 303


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("nope", PASSWORD, "The present password is not that one."), (PASSWORD, "short", "The password has 5 characters")],
)
def test_a_password_that_is_not_changed_says_why_and_never_comes_back(
    olga: Client, old: str, new: str, said: str
) -> None:
    answer = send(olga, "/settings/password", {"old_password": old, "new_password": new})
    assert answer.status == 422
    assert said in answer.text
    assert all(f'value="{secret}"' not in answer.text for secret in (old, new))
    assert olga.get("/connections").status == 200
