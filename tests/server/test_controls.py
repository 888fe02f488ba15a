"""Negative controls: the same requests against the routes alone, to show that it is the chain that refuses them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pendant.app import App
from pendant.engine.worker import Worker
from pendant.server.answers import answers, plain_page
from pendant.server.asgi import BareSite, routes
from pendant.server.identity import Identity
from server.fixtures import probes
from server.rig import Client, raw, serving


@pytest.fixture
def unprotected(app: App, worker: Worker) -> Iterator[Client]:
    table = routes(app, worker, BareSite(router=probes()), answers(plain_page))
    with serving(Identity(table, app)) as port:
        yield Client(port)


def test_without_the_host_check_a_foreign_name_is_answered(unprotected: Client) -> None:
    assert unprotected.get("/healthz", Host="evil.example").status == 200


def test_without_the_origin_check_another_site_changes_something(unprotected: Client) -> None:
    assert unprotected.post("/probe/change", Sec_Fetch_Site="cross-site", Origin="https://evil.example").status == 200


def test_without_the_framing_check_a_length_beside_chunks_is_read(unprotected: Client) -> None:
    head = b"POST /probe/change HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    answer = raw(unprotected.port, head + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")


def test_without_the_header_layer_there_is_no_policy(unprotected: Client) -> None:
    assert "Content-Security-Policy" not in unprotected.get("/healthz").headers
