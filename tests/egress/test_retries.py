from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egress.wire import Reply, chunked, reply
from egress.world import START
from pendant.egress.retry import (
    BACKOFF_MAX_SECONDS,
    RETRY_AFTER_MAX_SECONDS,
    backoff_seconds,
    retry_after_seconds,
)
from pendant.errors import BrokenAnswer, RemoteProblem, ServerTrouble, Unreachable
from pendant.model.connection import RateLimit
from pendant.model.http import Request

GET = Request("GET", "/x")
HEAD_ONLY = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("verb", ["call", "stream"])
def test_these_statuses_are_tried_again(world, serve, verb, status):
    server = serve([reply(status), reply(status), reply(200, b"good")])
    channel = world.channel(server.url())
    if verb == "call":
        assert channel.call(GET).body == b"good"
    else:
        with channel.stream(GET) as body:
            assert b"".join(body.pieces()) == b"good"
    assert len(server.seen) == world.meter.requests == 3
    assert world.meter.waits == [1.0, 2.0]
    assert str(status) in world.meter.reasons[0]


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 409, 410, 413, 422, 501, 505])
def test_other_statuses_are_not(world, serve, status):
    server = serve([reply(status), reply(200)])
    with pytest.raises(RemoteProblem):
        world.channel(server.url()).call(GET)
    assert len(server.seen) == 1


def test_a_request_says_itself_which_statuses_are_worth_it(world, serve):
    server = serve([reply(409), reply(200)])
    request = Request("PUT", "/segment", retry_statuses=frozenset({409}))
    assert world.channel(server.url()).call(request).status == 200


@pytest.mark.parametrize("bad", [reply(503), reply(429), Reply([], "close"), Reply([], "reset")])
def test_a_request_with_no_retry_statuses_is_sent_once_whatever_happens(world, serve, bad):
    server = serve([bad, reply(200)])
    request = Request("POST", "/data/track", retry_statuses=frozenset())
    with pytest.raises(RemoteProblem):
        world.channel(server.url()).call(request)
    assert len(server.seen) == 1


def test_after_the_last_attempt_the_error_says_how_many_there_were(world, serve):
    server = serve(reply(503, b"<html>busy</html>"))
    with pytest.raises(ServerTrouble) as caught:
        world.channel(server.url()).call(GET)
    assert "after 6 attempts" in caught.value.message
    assert caught.value.excerpt == "<html>busy</html>"
    assert len(server.seen) == 6
    assert world.pauses == [1, 2, 4, 8, 16]


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        (format_datetime(START + timedelta(seconds=9), usegmt=True), 9.0),
        (format_datetime(START - timedelta(hours=1), usegmt=True), 0.0),
        ("86400", RETRY_AFTER_MAX_SECONDS),
        ("9" * 400, RETRY_AFTER_MAX_SECONDS),
        ("soon", 1.0),
        ("-5", 1.0),
        ("", 1.0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured_as_seconds_and_as_a_date_within_reason(world, serve, status, text, wait):
    server = serve([reply(status, headers={"Retry-After": text}), reply()])
    world.channel(server.url()).call(GET)
    assert world.meter.waits == [wait]


def test_the_pause_one_channel_was_told_is_kept_by_the_next(world, serve):
    server = serve([reply(429, headers={"Retry-After": "30"}), reply(), reply()])
    egress = world.egress(pause=world.pauses.append)
    world.channel(server.url(), egress=egress).call(GET)
    world.channel(server.url(), egress=egress).call(GET)
    # Nobody moved the clock: the retry waits once for itself and once for its turn, the other for its turn.
    assert world.pauses == [30, 30, 30]


@pytest.mark.parametrize("broken", [Reply([], "close"), Reply([], "reset"), Reply([HEAD_ONLY], "close")])
@pytest.mark.parametrize("verb", ["call", "stream"])
def test_a_connection_that_breaks_before_the_first_body_byte_is_tried_again(world, serve, verb, broken):
    server = serve([broken, reply(200, b"whole")])
    channel = world.channel(server.url())
    request = Request("POST", "/x", body=b"{}")
    if verb == "call":
        assert channel.call(request).body == b"whole"
    else:
        with channel.stream(request) as body:
            assert b"".join(body.pieces()) == b"whole"
    assert len(server.seen) == 2


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_stream_that_breaks_after_the_first_body_byte_is_not_tried_again(world, serve, end):
    server = serve([chunked(b"x" * 3_000_000, 0.2, finished=False, end=end), reply(200, b"other")])
    with world.channel(server.url()).stream(GET) as body:
        pieces = body.pieces()
        assert next(pieces)
        with pytest.raises(BrokenAnswer) as caught:
            list(pieces)
    assert caught.value.code == "answer_broken"
    assert len(server.seen) == 1


def test_a_call_whose_body_breaks_is_tried_again_because_nobody_has_seen_any_of_it(world, serve):
    server = serve([chunked(b"half", 0.05, finished=False, end="close"), reply(200, b"whole")])
    assert world.channel(server.url()).call(GET).body == b"whole"


def test_a_time_out_before_the_first_body_byte_is_tried_again(world, serve):
    server = serve([Reply([0.6]), reply(200, b"whole")])
    request = Request("GET", "/x", timeout_seconds=0.2)
    assert world.channel(server.url()).call(request).body == b"whole"


def test_a_port_nobody_listens_on_is_unreachable_after_every_attempt(world, serve):
    server = serve(reply())
    server.close()
    with pytest.raises(Unreachable) as caught:
        world.channel(server.url()).call(GET)
    assert caught.value.code == "unreachable"
    assert world.meter.requests == 6


def test_what_does_not_speak_http_is_not_tried_again(world, serve):
    server = serve(Reply([b"220 ESMTP ready\r\n"], "close"))
    with pytest.raises(Unreachable) as caught:
        world.channel(server.url()).call(GET)
    assert caught.value.code == "connection_broken"
    assert len(server.seen) == 1


def test_a_minimum_wait_lies_between_requests_of_all_channels(world, serve):
    server = serve(reply())
    egress = world.egress()
    for _ in range(3):
        world.channel(server.url(), egress=egress, rate_limit=RateLimit(minimum_wait_ms=250)).call(GET)
    assert world.pauses == [0.25, 0.25]


@given(st.integers(1, 60), st.floats(0, 1))
def test_backoff_grows_to_a_ceiling_and_leaves_half_to_chance(attempt, jitter):
    wait = backoff_seconds(attempt, jitter)
    assert 0.5 <= wait <= BACKOFF_MAX_SECONDS
    assert backoff_seconds(attempt, 0) * 2 == backoff_seconds(attempt, 1) <= backoff_seconds(attempt + 1, 1)


@given(st.text(max_size=40))
def test_no_retry_after_value_does_harm(text):
    wait = retry_after_seconds(text, START)
    assert wait is None or 0 <= wait <= RETRY_AFTER_MAX_SECONDS
