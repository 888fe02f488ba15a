"""Requests that another site made a browser send."""

import pytest

from pendant.access.cookies import SESSION_COOKIE
from pendant.model.access import Role
from server.fixtures import Standing
from server.rig import Client

HERE = "http://127.0.0.1"


@pytest.fixture
def stranger(standing: Standing) -> Client:
    return Client(standing.port)


@pytest.fixture
def olga(standing: Standing) -> Client:
    return Client(standing.port, session=standing.sessions[Role.OWNER])


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "same-origin", "Origin": "https://evil.example"},
        {"Sec_Fetch_Site": "cross-site", "Origin": HERE},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[bad"},
        {"Origin": HERE + ":1"},
        {},
    ],
)
def test_e09_a_change_from_another_site_is_refused(olga: Client, headers: dict[str, str]) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in ("/probe/change", "/api/v1/connections"):
            answer = olga.send(method, path, **{"Sec_Fetch_Site": "", "Host": "127.0.0.1"} | headers)
            assert answer.status == 403


@pytest.mark.parametrize("headers", [{"Sec_Fetch_Site": "same-origin"}, {"Sec_Fetch_Site": "none"}, {"Origin": HERE}])
def test_a_change_from_our_own_page_goes_through(stranger: Client, headers: dict[str, str]) -> None:
    assert stranger.post("/probe/change", Host="127.0.0.1", **headers).status == 200


def test_e09_a_page_cannot_be_changed_by_a_request_that_says_nothing(stranger: Client) -> None:
    assert stranger.post("/probe/change").status == 403


def test_a_program_without_our_cookie_reaches_the_api(stranger: Client) -> None:
    assert stranger.post("/api/v1/connections", {}).status == 401


def test_e09_a_program_that_sends_the_cookie_counts_as_a_browser(stranger: Client) -> None:
    answer = stranger.post("/api/v1/connections", {}, Cookie=f"{SESSION_COOKIE}=x")
    assert (answer.status, answer.code) == (403, "foreign_origin")


def test_e09_a_method_in_a_header_or_field_overrides_nothing(olga: Client) -> None:
    answer = olga.post("/api/v1/connections/x", X_HTTP_Method_Override="DELETE")
    assert answer.status == 405


def test_reading_needs_no_origin(olga: Client) -> None:
    assert olga.get("/api/v1/me", Sec_Fetch_Site="cross-site").status == 200
