"""Headers on every answer."""

import pytest

from pendant.server.headers import CONTENT_SECURITY_POLICY
from server.fixtures import Standing
from server.rig import Answer, Client

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
}


@pytest.fixture
def stranger(standing: Standing) -> Client:
    return Client(standing.port)


def _answers(client: Client) -> list[Answer]:
    return [
        client.get("/healthz"),
        client.get("/api/v1/me"),
        client.get("/nowhere"),
        client.get("/probe/fault"),
        client.get("/healthz", Host="evil.example"),
        client.post("/probe/change"),
        client.send("DELETE", "/healthz", Sec_Fetch_Site="same-origin"),
    ]


def test_every_answer_carries_the_security_headers_errors_included(stranger: Client) -> None:
    answers = _answers(stranger)
    assert [answer.status for answer in answers] == [200, 401, 404, 500, 421, 403, 405]
    for answer in answers:
        assert {name: answer.headers[name] for name in EVERYWHERE} == EVERYWHERE
        assert answer.headers.get_all("Cache-Control") == ["no-store"]
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert "Server" not in answer.headers


def test_e10_no_answer_can_be_framed(stranger: Client) -> None:
    for answer in _answers(stranger):
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_the_policy_allows_no_inline_script_and_no_other_site() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY


def test_only_static_files_may_be_kept(stranger: Client) -> None:
    assert "Cache-Control" not in stranger.get("/static/probe.css").headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1"])
def test_e27_no_origin_is_granted_anything(stranger: Client, origin: str) -> None:
    asked = {"Access_Control_Request_Method": "PUT", "Access_Control_Request_Headers": "authorization"}
    for answer in (
        stranger.get("/api/v1/me", Origin=origin),
        stranger.send("OPTIONS", "/api/v1/connections", Origin=origin, **asked),
    ):
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
