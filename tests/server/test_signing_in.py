"""Signing in through the pages, as a browser sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from pendant.access.cookies import SESSION_COOKIE
from pendant.app import App
from pendant.engine.worker import Worker
from pendant.model.access import Role
from pendant.server.asgi import asgi
from pendant.services import accounts
from pendant.web.site import site
from server.fixtures import PASSWORD
from server.rig import Answer, Client, serving


@pytest.fixture
def port(app: App, worker: Worker) -> Iterator[int]:
    with serving(asgi(app, worker, site(app, worker))) as number:
        yield number


def test_e28_the_cookie_of_a_sign_in_has_every_flag(stranger: Client, sessions: dict[Role, str]) -> None:
    answer = _sign_in(stranger)
    assert answer.status == 303
    flags = answer.headers["Set-Cookie"].split("; ")[1:]
    assert set(flags) == {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"}


def test_e05_a_session_from_before_signing_in_is_replaced(port: int, sessions: dict[Role, str]) -> None:
    before = sessions[Role.OWNER]
    answer = _sign_in(Client(port), Cookie=f"{SESSION_COOKIE}={before}")
    after = _session(answer)
    assert after != before
    assert Client(port, session=before).get("/api/v1/me").status == 401
    assert Client(port, session=after).get("/api/v1/me").json()["name"] == "Olga"


def test_e01_the_owner_is_set_up_with_the_code_from_the_terminal(app: App, stranger: Client, port: int) -> None:
    code = accounts.setup_code(app)
    assert stranger.get("/").status == 303
    answer = _form(stranger, "/set-up", code=code, name="Olga", password=PASSWORD)
    assert answer.status == 303
    assert Client(port, session=_session(answer)).get("/api/v1/me").json()["name"] == "Olga"


def test_e01_no_wrong_code_sets_anybody_up(app: App, stranger: Client) -> None:
    accounts.setup_code(app)
    answer = _form(stranger, "/set-up", code="AAAAA-AAAAA-AAAAA-AAAAA", name="Mallory", password=PASSWORD)
    assert answer.status == 422
    assert "Set-Cookie" not in answer.headers
    assert accounts.needs_set_up(app)


def test_a_wrong_password_is_not_repeated_and_starts_no_session(stranger: Client, sessions: dict[Role, str]) -> None:
    answer = _sign_in(stranger, password="marble lantern forty owls")
    assert answer.status == 401
    assert "Set-Cookie" not in answer.headers
    assert "marble" not in answer.everything


def test_e03_the_sixth_wrong_password_has_to_wait(stranger: Client, sessions: dict[Role, str]) -> None:
    statuses = [_sign_in(stranger, password=f"marble lantern forty {number}").status for number in range(6)]
    assert statuses == [401] * 5 + [429]


def test_e09_another_site_cannot_sign_a_browser_in(stranger: Client, sessions: dict[Role, str]) -> None:
    answer = _sign_in(stranger, Sec_Fetch_Site="cross-site")
    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers


def test_e21_signing_in_never_leads_away(stranger: Client, sessions: dict[Role, str]) -> None:
    for away in ("//evil.example", "/\\evil.example", "https://evil.example", "\thttps://evil.example"):
        answer = _form(stranger, "/sign-in", name="Olga", password=PASSWORD, next=away)
        assert answer.headers["Location"] == "/connections"


def test_e06_signing_out_ends_the_session_and_clears_the_browser(olga: Client) -> None:
    answer = _form(olga, "/sign-out")
    assert answer.status == 303
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert "storage" in answer.headers["Clear-Site-Data"]
    assert olga.get("/api/v1/me").status == 401


def _sign_in(client: Client, *, password: str = PASSWORD, **headers: str) -> Answer:
    return _form(client, "/sign-in", headers, name="Olga", password=password)


def _form(client: Client, path: str, headers: dict[str, str] | None = None, **fields: str | None) -> Answer:
    sent = {"Sec_Fetch_Site": "same-origin", "Content_Type": "application/x-www-form-urlencoded"} | (headers or {})
    return client.send("POST", path, body=urlencode(fields).encode(), **sent)


def _session(answer: Answer) -> str:
    found = re.match(rf"{SESSION_COOKIE}=([^;]+)", answer.headers["Set-Cookie"])
    assert found
    return found[1]
