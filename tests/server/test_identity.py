"""Who asks: a session cookie, or an API token for the API only."""

from collections.abc import Callable

import pytest

from pendant.access.cookies import SESSION_COOKIE
from pendant.access.tokens import new_api_token
from pendant.app import App
from pendant.model.access import Actor, Permission, Role
from pendant.model.clock import SettableClock
from pendant.services import accounts
from server.rig import Client


def test_a_session_and_a_token_are_recognised(olga: Client, program: Callable[..., Client]) -> None:
    assert olga.get("/api/v1/me").json()["door"] == "web"
    assert program(Permission.RUNS_READ).get("/api/v1/me").json()["permissions"] == ["runs:read"]


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "Basic b2xnYTp4", "Bearer  "])
def test_anything_else_is_answered_401(stranger: Client, authorization: str) -> None:
    answer = stranger.get("/api/v1/me", Authorization=authorization)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_e15_a_token_of_the_right_form_that_nobody_made_is_refused(port: int) -> None:
    answer = Client(port, bearer=new_api_token()).get("/api/v1/me")
    assert (answer.status, answer.code) == (401, "token_refused")


def test_a_token_is_never_accepted_beside_the_cookie(program: Callable[..., Client], sessions: dict[Role, str]) -> None:
    answer = program().get("/api/v1/me", Cookie=f"{SESSION_COOKIE}={sessions[Role.OWNER]}")
    assert (answer.status, answer.code) == (401, "credentials_twice")


def test_a_token_in_the_address_is_not_looked_at(app: App, stranger: Client, program: Callable[..., Client]) -> None:
    answer = stranger.get("/api/v1/runs?access_token=" + new_api_token())
    assert answer.status in (401, 422)


def test_e06_signing_out_ends_what_the_cookie_can_do(app: App, olga: Client, sessions: dict[Role, str]) -> None:
    assert olga.get("/api/v1/me").status == 200
    accounts.sign_out(app, sessions[Role.OWNER])
    assert olga.get("/api/v1/me").status == 401


def test_e08_an_idle_session_is_answered_401(olga: Client, clock: SettableClock) -> None:
    clock.advance(30 * 60)
    assert olga.get("/api/v1/me").status == 401


def test_six_hundred_calls_a_minute_are_answered_for_each_token(
    program: Callable[..., Client], clock: SettableClock, owner: Actor
) -> None:
    busy, other = program(Permission.RUNS_READ), program(Permission.RUNS_READ)
    statuses = [busy.get("/api/v1/me").status for _ in range(601)]
    assert statuses == [200] * 600 + [429]
    refused = busy.get("/api/v1/me")
    assert refused.headers["Retry-After"] == "60"
    assert other.get("/api/v1/me").status == 200
    clock.advance(61)
    assert busy.get("/api/v1/me").status == 200
