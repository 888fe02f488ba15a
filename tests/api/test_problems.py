"""One shape for every error."""

from collections.abc import Callable

import pytest

from pendant.model.access import Role
from server.fixtures import Standing
from server.rig import Client


@pytest.fixture
def olga(standing: Standing) -> Client:
    return Client(standing.port, session=standing.sessions[Role.OWNER])


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (lambda client: client.get("/api/v1/nowhere"), 404),
        (lambda client: client.get("/api/v1/runs/none"), 404),
        (lambda client: client.send("DELETE", "/api/v1/me"), 405),
        (lambda client: client.get("/api/v1/runs?limit=x"), 422),
        (lambda client: client.post("/api/v1/runs", {}), 422),
        (lambda client: client.post("/api/v1/runs", {}, Sec_Fetch_Site="cross-site"), 403),
        (lambda client: client.send("POST", "/api/v1/tokens", body=b"x" * 1_000_001), 413),
        (lambda client: client.send("POST", "/api/v1/tokens", body=b"x"), 415),
        (lambda client: client.get("/api/v1/me", Host="evil.example"), 421),
        (lambda client: client.get("/api/v1/me", Cookie=""), 401),
    ],
)
def test_every_error_has_the_one_shape(olga: Client, ask: Callable[[Client], object], status: int) -> None:
    answer = ask(olga)
    assert answer.status == status
    assert list(answer.json()) == ["error"]
    error = answer.json()["error"]
    assert list(error) == ["code", "message", "hint", "field", "id"]
    assert error["code"]
    assert error["message"].endswith(".")
    assert len(error["id"]) == 16


def test_the_first_finding_names_its_field_and_how_many_more_there_are(olga: Client) -> None:
    error = olga.post("/api/v1/runs", {"limit": -1}).json()["error"]
    assert error["field"] == "resource"
    assert error["message"] == "resource is required (and 3 more)."


def test_a_field_inside_another_is_named_with_its_path(olga: Client) -> None:
    sent = {"application": "pendo", "http": {"base_uri": "https://example.com", "headers": [{"name": "X", "value": 1}]}}
    assert olga.post("/api/v1/connections", sent).json()["error"]["field"] == "http.headers.0.value"
