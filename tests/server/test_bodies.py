"""How large a request may be, and that it has one meaning."""

import pytest

from server.fixtures import Standing
from server.rig import Client, raw

START = b"POST /probe/change HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n"


@pytest.fixture
def stranger(standing: Standing) -> Client:
    return Client(standing.port)


@pytest.fixture
def port(standing: Standing) -> int:
    return standing.port


def test_a_body_up_to_the_limit_is_taken_and_a_larger_one_is_answered_413(stranger: Client) -> None:
    for size, status in ((1_000_000, 200), (1_000_001, 413)):
        answer = stranger.send("POST", "/probe/change", body=b"x" * size, Sec_Fetch_Site="same-origin")
        assert answer.status == status


def test_a_body_without_a_length_is_cut_off_at_the_limit(port: int) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    answer = raw(port, START + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 17 + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: +3\r\n\r\nabc",
        b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length : 3\r\n\r\nabc",
    ],
)
def test_e22_two_ways_to_read_a_body_are_none(port: int, lengths: bytes) -> None:
    assert raw(port, START + lengths).split(b" ", 2)[1] in (b"400", b"501")


def test_a_body_in_chunks_is_taken(port: int) -> None:
    answer = raw(port, START + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    assert answer.endswith(b'{"bytes":3}')


def test_a_head_of_a_request_cannot_grow_without_end(port: int) -> None:
    answer = raw(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 2_000_000 + b"\r\n\r\n")
    assert b" 200 " not in answer
