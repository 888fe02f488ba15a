"""Only known names are answered to."""

import pytest

from server.fixtures import ALLOWED_HOST, Standing
from server.rig import Client, raw


@pytest.fixture
def stranger(standing: Standing) -> Client:
    return Client(standing.port)


@pytest.fixture
def port(standing: Standing) -> int:
    return standing.port


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost:8321", "LOCALHOST", "[::1]:80", ALLOWED_HOST, f"{ALLOWED_HOST}."]
)
def test_known_names_are_answered(stranger: Client, host: str) -> None:
    assert stranger.get("/healthz", Host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example.net",
        "127.0.0.1.evil.net",
        "localhost.evil.net",
        f"evil-{ALLOWED_HOST}",
        "127.0.0.1:80:80",
        "user@127.0.0.1",
        "127.0.0.1/evil",
        "0.0.0.0",
    ],
)
def test_e11_a_foreign_host_name_is_answered_421(stranger: Client, host: str) -> None:
    for path in ("/healthz", "/api/v1/me"):
        answer = stranger.get(path, Host=host)
        assert answer.status == 421
        assert host not in answer.text


@pytest.mark.parametrize("hosts", [b"", b"Host: localhost\r\nHost: evil.net\r\n", b"Host: \r\n"])
def test_e11_no_host_and_two_hosts_are_refused(port: int, hosts: bytes) -> None:
    answer = raw(port, b"GET /healthz HTTP/1.1\r\n" + hosts + b"Connection: close\r\n\r\n")
    assert answer.split(b" ", 2)[1] in (b"400", b"421")
