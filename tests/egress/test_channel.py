from __future__ import annotations

import json

import pytest

from egress.wire import chunked, reply
from egress.world import connection
from pendant.errors import BrokenAnswer, WrongInput
from pendant.model.connection import Authentication
from pendant.model.http import Request
from pendant.model.secret import Secret

GET = Request("GET", "/api/v1/page")


def test_a_call_sends_the_token_once_in_its_header_and_returns_the_whole_answer(world, serve):
    server = serve(reply(body=b'[{"id":1}]', headers={"Content-Type": "application/json"}))
    answer = world.channel(server.url()).call(GET)
    assert (answer.status, answer.body) == (200, b'[{"id":1}]')
    assert ("Content-Type", "application/json") in answer.headers
    [seen] = server.seen
    assert (seen.method, seen.target) == ("GET", "/api/v1/page")
    assert seen.header("x-pendo-integration-key") == world.vault.token
    assert seen.header("host") == f"127.0.0.1:{server.port}"
    assert seen.header("accept-encoding") == "gzip, deflate"
    assert seen.header("content-type") == "application/json"
    assert (world.meter.requests, world.meter.received) == (1, 10)


def test_a_stream_gives_the_body_in_order(world, serve):
    body = b"".join(b"%07d\n" % n for n in range(400_000))
    server = serve(chunked(*(body[at : at + 99_999] for at in range(0, len(body), 99_999))))
    with world.channel(server.url()).stream(GET) as answer:
        assert answer.status == 200
        pieces = list(answer.pieces())
    assert b"".join(pieces) == body
    assert len(pieces) < 6
    assert world.meter.received == len(body)


def test_the_token_is_opened_anew_for_every_exchange(world, serve):
    server = serve(reply())
    channel = world.channel(server.url())
    channel.call(GET)
    world.vault.token = "a" * 40
    channel.call(GET)
    assert [seen.header("x-pendo-integration-key") for seen in server.seen][1] == "a" * 40
    assert world.vault.opened == ["one", "one"]


def test_a_typed_token_is_used_instead_of_the_stored_one(world, serve):
    server = serve(reply())
    typed = "b" * 40
    world.egress().channel(connection(server.url()), token=Secret(typed)).call(GET)
    assert server.seen[0].header("x-pendo-integration-key") == typed
    assert world.vault.opened == []


def test_a_scheme_stands_before_the_token(world, serve):
    server = serve(reply())
    world.channel(server.url(), authentication=Authentication(scheme="Bearer")).call(GET)
    assert server.seen[0].header("authorization") == f"Bearer {world.vault.token}"


def test_the_token_can_be_a_url_parameter(world, serve):
    server = serve(reply())
    world.vault.token = "a&b=c/d+e%f#g?hijklmnop"
    settings = Authentication(location="url", name="key")
    request = Request("GET", "/x", query=(("expand", "*"), ("q", "ü/&")))
    world.channel(server.url(), authentication=settings).call(request)
    assert server.seen[0].target == "/x?expand=%2A&q=%C3%BC%2F%26&key=a%26b%3Dc%2Fd%2Be%25f%23g%3Fhijklmnop"


@pytest.mark.parametrize("body", [b"", b"{}", b' { "n" : 1.00 } ', b'{"a":[1,2]}'])
def test_the_token_can_be_a_field_of_a_json_body_that_is_otherwise_left_as_it_is(world, serve, body):
    server = serve(reply())
    world.channel(server.url(), authentication=Authentication(location="body", name="key")).call(
        Request("POST", "/x", body=body)
    )
    sent = server.seen[0].body
    assert json.loads(sent) == {"key": world.vault.token, **json.loads(body or b"{}")}
    assert body.strip()[1:].strip() in sent


def test_the_token_can_be_a_field_of_an_urlencoded_body(world, serve):
    server = serve(reply())
    channel = world.channel(
        server.url(), authentication=Authentication(location="body", name="key"), media_type="urlencoded"
    )
    channel.call(Request("POST", "/x", body=b"a=1"))
    assert server.seen[0].body == f"a=1&key={world.vault.token}".encode()
    assert server.seen[0].header("content-type") == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("request_", "settings"),
    [
        (Request("GET", "/x"), {"location": "body"}),
        (Request("POST", "/x", body=b"[1]"), {"location": "body"}),
        (Request("POST", "/x", body=b"{"), {"location": "body"}),
        (Request("POST", "/x", body=b'{"Authorization":1}'), {"location": "body"}),
        (Request("GET", "/x", query=(("Authorization", "1"),)), {"location": "url"}),
        (Request("GET", "/x"), {"name": ""}),
        (Request("GET", "/x"), {"name": "Host"}),
        (Request("GET", "/x"), {"name": "a b"}),
        (Request("GET", "/x"), {"scheme": "Bearer\r\nX: y"}),
    ],
)
def test_a_token_without_a_place_is_never_sent(world, serve, request_, settings):
    server = serve(reply())
    with pytest.raises(WrongInput) as caught:
        world.channel(server.url(), authentication=Authentication(**settings)).call(request_)
    assert caught.value.code == "authentication_invalid"
    assert server.seen == []


@pytest.mark.parametrize("character", ["\n", "\r\nX: y", "\0", " ", "\t", "é", "\u200b", "\u201d", "\ufeff"])
def test_a_token_that_could_split_a_header_is_refused_without_being_repeated(world, serve, character):
    server = serve(reply())
    world.vault.token = f"verysecretstart{character}verysecretend"
    with pytest.raises(WrongInput) as caught:
        world.channel(server.url()).call(GET)
    assert caught.value.code == "token_invalid"
    assert "verysecret" not in repr(caught.value) + str(caught.value)
    assert server.seen == []


@pytest.mark.parametrize(
    "name",
    [
        *("Host", "host", "X-Pendo-Integration-Key", "Authorization", "Content-Length", "Transfer-Encoding"),
        *("Connection", "Proxy-Authorization", "proxy-connection", "Expect", "Cookie", "Upgrade", "TE", "Trailer"),
        *("Accept-Encoding", "Content-Encoding", "Keep-Alive", "", "a b", "a:b", "a\r\nb", "é", "a\0"),
    ],
)
@pytest.mark.parametrize("place", ["connection", "request"])
def test_a_header_that_belongs_to_the_transport_or_the_token_cannot_be_set(world, serve, name, place):
    server = serve(reply())
    headers = ((name, "x"),)
    channel = world.channel(server.url(), headers=headers if place == "connection" else ())
    with pytest.raises(WrongInput) as caught:
        channel.call(Request("GET", "/x", headers=headers if place == "request" else ()))
    assert caught.value.code == "header_invalid"
    assert server.seen == []


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0", "é", "a\x7f", "x" * 5000])
def test_a_header_value_cannot_carry_another_header(world, serve, value):
    server = serve(reply())
    with pytest.raises(WrongInput) as caught:
        world.channel(server.url(), headers=(("X-Own", value),)).call(GET)
    assert caught.value.code == "header_invalid"
    assert value not in str(caught.value)
    assert server.seen == []


def test_own_headers_are_sent_and_a_request_overrides_the_connection(world, serve):
    server = serve(reply())
    channel = world.channel(server.url(), headers=(("X-Own", "1"), ("content-type", "text/csv"), ("X-Two", "2")))
    channel.call(Request("POST", "/x", headers=(("x-own", "3"),), body=b"a,b"))
    seen = server.seen[0]
    assert [seen.header(name) for name in ("X-Own", "X-Two", "Content-Type")] == ["3", "2", "text/csv"]


@pytest.mark.parametrize(
    "path",
    [
        *("https://evil.example/", "//evil.example/", "\\\\evil.example", "/\\evil.example", "@evil.example"),
        *(".evil.example", ":80/x", "/..;/x", "/a/../b", "/a/%2e%2E/b", "/.", "/a\tb", "/a\nb", "/a b", "/a?b=c"),
        *("/a#b", "/%zz", "/é", ""),
    ],
)
def test_a_path_that_could_leave_the_origin_is_refused(world, serve, path):
    server = serve(reply())
    with pytest.raises(WrongInput) as caught:
        world.channel(server.url()).call(Request("GET", path))
    assert caught.value.code == "relative_uri_invalid"
    assert server.seen == []


@pytest.mark.parametrize("path", ["/%2f%2fevil.example", "/a@evil.example", "/a//b", "/visitor/a%2Fb%5C%22", "/..."])
def test_an_odd_path_stays_at_the_bound_origin_and_is_sent_as_it_is(world, serve, path):
    server = serve(reply())
    world.channel(server.url() + "/base").call(Request("GET", path))
    assert server.seen[0].target == "/base" + path
    assert server.seen[0].header("host") == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "OPTIONS", "GET /x HTTP/1.1\r\nX: y\r\n\r\nGET"])
def test_other_methods_are_never_sent(world, serve, method):
    server = serve(reply())
    with pytest.raises(WrongInput):
        world.channel(server.url()).call(Request(method, "/x"))
    assert server.seen == []


def test_two_connections_to_one_host_never_share_a_connection_or_a_token(world, serve):
    server = serve(reply())
    egress = world.egress()
    first = egress.channel(connection(server.url(), id="a"), token=Secret("a" * 40))
    second = egress.channel(connection(server.url(), id="b"), token=Secret("b" * 40))
    for _ in range(3):
        first.call(Request("GET", "/a"))
        second.call(Request("GET", "/b"))
    assert {(seen.target, seen.header("x-pendo-integration-key")) for seen in server.seen} == {
        ("/a", "a" * 40),
        ("/b", "b" * 40),
    }
    assert server.connections == 2


def test_cookies_are_neither_kept_nor_shown_nor_sent_back(world, serve):
    server = serve(reply(headers={"Set-Cookie": "a=b; Path=/", "X-Other": "1"}))
    egress = world.egress()
    for _ in range(2):
        answer = world.channel(server.url(), egress=egress).call(GET)
    assert all(seen.header("cookie") is None for seen in server.seen)
    assert "set-cookie" not in {name.lower() for name, _ in answer.headers}


def test_a_connection_is_used_again_for_the_next_request(world, serve):
    server = serve(reply(body=b"x"))
    channel = world.channel(server.url())
    for _ in range(5):
        channel.call(GET)
    assert server.connections == 1


def test_an_answer_beyond_the_limit_is_refused(world, serve):
    server = serve(chunked(*[b"x" * (4 << 20)] * 17))
    with pytest.raises(BrokenAnswer) as caught:
        world.channel(server.url()).call(GET)
    assert caught.value.code == "answer_too_large"
    assert len(server.seen) == 1


def test_a_large_body_is_sent_whole(world, serve):
    server = serve(reply())
    body = bytes(range(256)) * 10_000
    world.channel(server.url()).call(Request("POST", "/x", body=body))
    assert server.seen[0].body == body


def test_head_is_answered_without_a_body(world, serve):
    server = serve(lambda seen: reply(headers={"X-A": "1"}))
    assert world.channel(server.url()).call(Request("HEAD", "/x")).body == b""


def test_after_close_an_exchange_is_refused_with_a_sentence(world, serve):
    server = serve(reply())
    egress = world.egress()
    channel = world.channel(server.url(), egress=egress)
    channel.call(GET)
    egress.close()
    with pytest.raises(Exception, match="told to stop") as caught:
        channel.call(GET)
    assert caught.value.code == "connection_broken"
