"""Requests that have one meaning."""

import pytest

from pendant.model.access import Role
from server.fixtures import Standing
from server.rig import Client

BROKEN = [
    b"{",
    b"{'a': 1}",
    b'{"a": NaN}',
    b'{"a": "\\ud800"}',
    b"\xff\xfe",
    b"[" * 50_000,
    b'{"days": ' + b"9" * 5000 + b"}",
]


@pytest.fixture
def olga(standing: Standing) -> Client:
    return Client(standing.port, session=standing.sessions[Role.OWNER])


@pytest.mark.parametrize("body", BROKEN, ids=lambda body: body[:12].decode("latin-1"))
def test_what_is_not_json_is_refused(olga: Client, body: bytes) -> None:
    answer = olga.send("POST", "/api/v1/tokens", body=body, Content_Type="application/json")
    assert (answer.status, answer.code) == (422, "json_invalid")


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "x", "name": "y", "permissions": ["runs:read"]}',
        b'{"name": "x", "permissions": ["runs:read"], "days": 1, "days": 300}',
        b'{"name": "x", "nam\\u0065": "y", "permissions": ["runs:read"]}',
    ],
)
def test_e22_the_same_key_twice_is_refused_at_any_spelling(olga: Client, body: bytes) -> None:
    answer = olga.send("POST", "/api/v1/tokens", body=body, Content_Type="application/json")
    assert (answer.status, answer.code) == (422, "json_duplicate")
    assert not [token for token in olga.get("/api/v1/tokens").json()["tokens"] if token["name"] == "y"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
def test_e09_json_under_another_name_is_refused(olga: Client, kind: str) -> None:
    body = b'{"name": "x", "permissions": ["runs:read"]}'
    assert olga.send("POST", "/api/v1/tokens", body=body, Content_Type=kind).status == 415


def test_json_with_a_charset_is_json(olga: Client) -> None:
    body = b'{"name": "x", "permissions": ["runs:read"]}'
    kind = "Application/JSON; charset=utf-8"
    assert olga.send("POST", "/api/v1/tokens", body=body, Content_Type=kind).status == 201


def test_e22_a_parameter_twice_is_refused(olga: Client) -> None:
    assert olga.get("/api/v1/runs?limit=1&limit=2").code == "query_duplicate"


def test_e17_an_unknown_parameter_is_refused(olga: Client) -> None:
    answer = olga.get("/api/v1/runs?limitt=1")
    assert (answer.status, answer.code) == (422, "query_unknown")
    assert "connection, export, limit, state" in answer.json()["error"]["hint"]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "state=done"])
def test_a_parameter_out_of_bounds_names_itself(olga: Client, query: str) -> None:
    answer = olga.get(f"/api/v1/runs?{query}")
    assert (answer.status, answer.json()["error"]["field"]) == (422, query.partition("=")[0])
