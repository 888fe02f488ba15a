"""The short way of track events answers as the general one, however the bytes arrive."""

import asyncio
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pendosim import Options, SettableClock
from pendosim.faults import Faults
from pendosim.keys import Keys
from pendosim.throttle import Throttle
from pendosim.web.lean import Connection, TrackDoor
from pendosim.web.requests_seen import RequestLog
from pendosim.web.subscription import Subscription
from pendosim.world.world import World

NOW = 1710171000000
EVENT = {"type": "track", "event": "Paid", "visitorId": "ann@example.com", "timestamp": NOW - 5}


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self):
        super().__init__()
        self.written = b""

    def write(self, data):
        self.written += data


class General(asyncio.Protocol):
    """Stands for the general server: keeps what is left to it."""

    def __init__(self):
        self.given = b""

    def data_received(self, data):
        self.given += data


CLOCK = SettableClock(NOW)
OPTIONS = Options(visitors=5, accounts=2, days=1, events_per_day=5)
THROTTLE = Throttle(CLOCK, on=OPTIONS.throttle)
SUBSCRIPTION = Subscription(
    World(OPTIONS, CLOCK), Keys(OPTIONS), Faults(), RequestLog(), THROTTLE, ThreadPoolExecutor(1)
)


def request(body=EVENT, *, secret=OPTIONS.track_secret, start="POST /data/track HTTP/1.1", extra=()):
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [start, "Host: x", f"x-pendo-integration-key: {secret}", f"Content-Length: {len(sent)}", *extra]
    return "\r\n".join([*lines, "", ""]).encode() + sent


def conversation(pieces):
    """What was answered the short way, and what was left to the general server."""
    wire, general = Wire(), General()
    connection = Connection(TrackDoor(SUBSCRIPTION), lambda: general)
    connection.connection_made(wire)
    for piece in pieces:
        connection.data_received(piece)
    connection.eof_received()
    return wire.written, general.given


OURS = [request(), request(b"{"), request(EVENT | {"type": "page"}), request(secret="wrong"), request(b"")]
NOT_OURS = [
    request(start="POST /data/tracks HTTP/1.1"),
    request(start="GET /api/v1/page HTTP/1.1"),
    request(extra=["Transfer-Encoding: chunked"]),
    request(extra=["Connection: close"]),
    request(extra=["content-length: 3"]),
    request(extra=["no colon"]),
    b"nonsense",
    b"P",
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(OURS), max_size=4), st.sampled_from([b"", *NOT_OURS]), st.data())
def test_however_the_bytes_are_cut_the_answers_are_the_same(events, last, data):
    sent = b"".join(events) + last
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=6)))
    pieces = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    answered, left = conversation([piece for piece in pieces if piece])
    assert answered == b"".join(conversation([one])[0] for one in events)
    assert answered.count(b"HTTP/1.1 ") == len(events)
    assert left == last


def test_once_handed_over_a_connection_stays_with_the_general_server():
    answered, left = conversation([request(), NOT_OURS[0], request()])
    assert answered.count(b"HTTP/1.1 200 OK") == 1
    assert left == NOT_OURS[0] + request()


@pytest.mark.parametrize("body", [request(b"x" * 200_000), request(extra=[f"X-{'y' * 9000}: 1"])])
def test_what_is_large_is_left_to_the_general_server(body):
    assert conversation([body]) == (b"", body)


def received(connection, count):
    answers = b""
    while answers.count(b"HTTP/1.1 ") < count:
        answers += connection.recv(100_000)
    return answers


def opened(pendo):
    address = urlsplit(pendo.data)
    return closing(socket.create_connection((address.hostname, address.port), timeout=10))


@pytest.mark.parametrize("body", [EVENT, b"{", b"[]", EVENT | {"timestamp": "x"}, EVENT | {"visitorId": "\U0001f600"}])
@pytest.mark.parametrize("right", [True, False])
def test_both_ways_answer_and_log_alike(own, body, right):
    secret = own.pendo.track_secret if right else "wrong"
    with opened(own.pendo) as connection:
        for extra in ([], ["Connection: keep-alive"]):
            connection.sendall(request(body, secret=secret, extra=extra))
            answer = received(connection, 1)
            assert own.pendo.requests[-1].status == int(answer.split(b" ")[1])
    short, general = own.pendo.requests
    assert short.header_names == general.header_names[:-1]
    for name in ("method", "path", "key", "status", "bytes", "source"):
        assert getattr(short, name) == getattr(general, name)


def test_many_events_at_once_are_all_answered_and_counted(own):
    before = own.pendo.expected("trackEvents").num_events
    with opened(own.pendo) as connection:
        connection.sendall(b"".join([request(secret=own.pendo.track_secret)] * 50))
        assert received(connection, 50).count(b"HTTP/1.1 200 OK") == 50
    assert own.pendo.expected("trackEvents").num_events == before + 50


def test_faults_reach_a_connection_that_was_on_the_short_way(own):
    with opened(own.pendo) as connection:
        event = request(secret=own.pendo.track_secret)
        connection.sendall(event)
        received(connection, 1)
        own.pendo.faults.add("server_error", path="/data/track", nth=2)
        connection.sendall(event * 3)
        statuses = [part[:3] for part in received(connection, 3).split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"500", b"200"]
