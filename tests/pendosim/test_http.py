"""HTTP as odd clients speak it: legal, if seldom seen; and clients that leave."""

import gzip
import http.client
import json
import logging
import socket
import zlib
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

COUNT = json.dumps({"request": {"pipeline": [{"source": {"visitors": None}}, {"count": None}]}}).encode()
COUNTED = {"results": [{"count": 300}]}


def connected(url):
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=10)


def head(client, line, *fields):
    lines = [line, "Host: x", f"X-PENDO-integration-key: \t {client.pendo.key}  ", *fields, "", ""]
    return "\r\n".join(lines).encode()


def count(client, body, **headers):
    answer = client.request("POST", "/api/v1/aggregation", body, **headers)
    return answer.status, answer.body


def test_whatever_can_be_fetched_can_be_asked_for_without_its_body(shared):
    page = shared.request("HEAD", "/api/v1/page")
    assert (page.status, page.body) == (200, b"")
    assert int(page.headers["Content-Length"]) == len(shared.get("/api/v1/page").body)
    report = shared.get("/api/v1/report").json()[0]["id"]
    assert shared.request("HEAD", f"/api/v1/report/{report}/results.csv").status == 200
    assert shared.request("HEAD", "/api/v1/pages").status == 404
    assert shared.request("HEAD", "/api/v1/page", key="wrong").status == 403


def test_a_slash_at_the_end_changes_nothing_not_even_for_faults(own):
    own.pendo.faults.add("rate_limited", source="visitors")
    where = "/api/v1/aggregation/"
    assert [own.request("POST", where, COUNT).status for _ in range(2)] == [429, 200]
    event = {"type": "track", "event": "E", "visitorId": "v", "timestamp": own.pendo.clock.now()}
    assert own.request("POST", "/data/track/", event, url=own.pendo.data, key=own.pendo.track_secret).status == 200
    assert own.pendo.expected("trackEvents").ids.count("v") == 1


def test_a_list_may_be_asked_for_a_thousand_ids(shared):
    ids = [page["id"] for page in shared.get("/api/v1/page?expand=*").json()]
    asked = ",".join((ids * 1000)[:1000])
    assert [page["id"] for page in shared.get(f"/api/v1/page?expand=*&id={asked}").json()] == ids


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(COUNT)),
        ("x-gzip", gzip.compress(COUNT)),
        ("gzip", gzip.compress(COUNT[:9]) + gzip.compress(COUNT[9:])),
        ("deflate", zlib.compress(COUNT)),
        ("identity", COUNT),
        ("", COUNT),
    ],
    ids=["gzip", "x-gzip", "two members", "deflate", "identity", "empty"],
)
def test_a_packed_body_is_unpacked(shared, encoding, body):
    status, answer = count(shared, body, Content_Encoding=encoding)
    assert (status, json.loads(answer)) == (200, COUNTED)


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("br", COUNT, 415),
        ("gzip", COUNT, 400),
        ("gzip", gzip.compress(COUNT)[:-9], 400),
        ("gzip", gzip.compress(COUNT) + b"more", 400),
        ("gzip", gzip.compress(b"") * 101, 400),
        ("gzip", gzip.compress(b" " * 60_000_000, 1), 413),
    ],
    ids=["unknown", "not packed", "cut off", "more behind", "many members", "too large"],
)
def test_a_body_that_cannot_be_unpacked_is_refused(shared, encoding, body, status):
    assert count(shared, body, Content_Encoding=encoding)[0] == status


def test_a_body_may_come_in_chunks_after_a_pause_for_permission(shared):
    with connected(shared.pendo.api) as line:
        fields = ("Expect: 100-continue", "Transfer-Encoding: chunked", "Connection: close")
        line.sendall(head(shared, "POST /api/v1/aggregation HTTP/1.1", *fields))
        assert line.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n")
        line.sendall(b"".join(b"1\r\n%c\r\n" % byte for byte in COUNT) + b"0\r\n\r\n")
        assert b'{"count":300}' in b"".join(iter(lambda: line.recv(10_000), b""))


def test_nothing_waits_for_aggregations_that_take_long(own):
    """More than there are threads for them, all held up by somebody who looks at the world."""
    with ThreadPoolExecutor(40) as threads:
        with own.pendo.world.present():
            waiting = [threads.submit(own.aggregate, {"source": {"visitors": None}}) for _ in range(40)]
            assert own.get("/api/v1/token/verify").status == 200
            assert own.control("GET", "/faults").status == 200
            assert not any(one.done() for one in waiting)
        assert {one.result().status for one in waiting} == {200}


def test_old_clients_and_those_that_do_not_wait_are_answered(shared):
    verify = head(shared, "GET /api/v1/token/verify HTTP/1.1")
    with connected(shared.pendo.api) as line:
        line.sendall(verify * 3 + head(shared, "GET /api/v1/token/verify/ HTTP/1.0"))
        assert b"".join(iter(lambda: line.recv(10_000), b"")).count(b'{"valid":true,"writeAccess":true}') == 4


def test_clients_that_leave_or_speak_no_http_trouble_nobody(shared, caplog):
    large = json.dumps({"request": {"pipeline": [{"source": {"singleEvents": None}}]}}).encode()
    starts = [
        b"GARBAGE\r\n\r\n",
        head(shared, "POST /api/v1/aggregation HTTP/1.1", "Content-Length: wat"),
        head(shared, "POST /api/v1/aggregation HTTP/1.1", "Content-Length: 500") + b"{",
        head(shared, "POST /data/track HTTP/1.1", "Content-Length: 500") + b"{",
        head(shared, "POST /api/v1/aggregation HTTP/1.1", f"Content-Length: {len(large)}") + large,
    ]
    with caplog.at_level(logging.INFO):
        for start in starts:
            with connected(shared.pendo.api) as line:
                line.sendall(start)
                line.recv(1) if start.endswith(large) else None
        assert shared.get("/api/v1/token/verify").status == 200
    assert not caplog.records


def test_an_answer_to_what_is_no_http_says_so_without_a_traceback(shared):
    address = urlsplit(shared.pendo.api)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    connection.putrequest("GET", "/api/v1/page?id=" + "a" * 200_000)
    connection.endheaders()
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    assert answer.status == 400
    assert b"Traceback" not in said
