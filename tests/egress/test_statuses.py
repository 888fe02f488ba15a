from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from egress.wire import reply
from pendant.errors import BrokenAnswer, CredentialsRefused, RemoteProblem, RequestRefused, ServerTrouble
from pendant.model.connection import RateLimit
from pendant.model.http import Request
from pendant.model.scrub import MARK

ONCE = Request("GET", "/x", attempts_max=1)


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (101, BrokenAnswer, "answer_broken"),
        (300, RequestRefused, "redirect_refused"),
        (301, RequestRefused, "redirect_refused"),
        (304, RequestRefused, "redirect_refused"),
        (400, RequestRefused, "request_refused"),
        (401, CredentialsRefused, "credentials_refused"),
        (403, CredentialsRefused, "credentials_refused"),
        (404, RequestRefused, "not_found_there"),
        (405, RequestRefused, "request_refused"),
        (408, ServerTrouble, "server_trouble"),
        (409, ServerTrouble, "server_trouble"),
        (413, RequestRefused, "request_refused"),
        (418, RequestRefused, "request_refused"),
        (422, RequestRefused, "request_refused"),
        (429, ServerTrouble, "rate_limited"),
        (500, ServerTrouble, "server_trouble"),
        (502, ServerTrouble, "server_trouble"),
        (503, ServerTrouble, "server_trouble"),
        (504, ServerTrouble, "server_trouble"),
        (599, ServerTrouble, "server_trouble"),
        (700, BrokenAnswer, "answer_broken"),
    ],
)
def test_every_status_that_is_not_2xx_is_one_named_error(world, serve, status, error, code):
    server = serve(reply(status, b"" if status == 304 else b"because", end="close"))
    channel = world.channel(server.url())
    with pytest.raises(error) as streamed, channel.stream(ONCE):
        pass
    assert streamed.value.code == code
    with pytest.raises(RemoteProblem) as caught:
        channel.call(ONCE)
    assert (type(caught.value), caught.value.code, caught.value.status) == (error, code, status)
    assert str(status) in caught.value.message
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 299])
def test_every_2xx_is_an_answer(world, serve, status):
    server = serve(reply(status))
    assert world.channel(server.url()).call(ONCE).status == status


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_without_a_word_is_called_a_wrong_token_or_region(world, serve, status):
    server = serve(reply(status))
    with pytest.raises(CredentialsRefused) as caught:
        world.channel(server.url()).call(ONCE)
    assert "region" in caught.value.message
    assert caught.value.excerpt == ""


def test_a_refusal_with_a_word_keeps_it(world, serve):
    server = serve(reply(403, b'{"error": "rateLimitExceeded"}'))
    with pytest.raises(CredentialsRefused) as caught:
        world.channel(server.url()).call(ONCE)
    assert "region" not in caught.value.message
    assert caught.value.excerpt == '{"error": "rateLimitExceeded"}'


def test_the_excerpt_is_short_on_one_line_and_free_of_control_characters(world, serve):
    server = serve(reply(400, b"Cannot parse\r\n\x1b[31m filter\0 " + b"x" * 100_000))
    with pytest.raises(RequestRefused) as caught:
        world.channel(server.url()).call(ONCE)
    assert caught.value.excerpt.startswith("Cannot parse [31m filter xxx")
    assert len(caught.value.excerpt) == 500


@pytest.mark.parametrize("status", [400, 403, 500, 302])
def test_an_error_that_echoes_the_token_does_not_pass_it_on(world, serve, status):
    def echo(seen):
        token = seen.header("x-pendo-integration-key")
        said = f"bad {token} {quote(token)} {token.encode().hex()} {base64.b64encode(token.encode()).decode()}"
        return reply(status, said.encode(), {"Location": f"https://evil.example/?t={token}"})

    world.vault.token = "kéy/".replace("é", "e") + world.vault.token
    server = serve(echo)
    with pytest.raises(RemoteProblem) as caught:
        world.channel(server.url()).call(ONCE)
    shown = repr(caught.value) + str(caught.value) + caught.value.excerpt
    for form in (world.vault.token, quote(world.vault.token, safe=""), world.vault.token.encode().hex()):
        assert form not in shown
    assert base64.b64encode(world.vault.token.encode()).decode()[:20] not in shown
    assert MARK in caught.value.excerpt


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(world, serve, status):
    other = serve(reply())
    targets = {
        "/host": other.url() + "/stolen",
        "/port": f"http://127.0.0.1:{other.port}/stolen",
        "/same": "/elsewhere",
        "/scheme": "https://127.0.0.1/x",
    }
    server = serve(lambda seen: reply(status, headers={"Location": targets.get(seen.target, "/never")}))
    channel = world.channel(server.url())
    for path, target in targets.items():
        with pytest.raises(RequestRefused) as caught:
            channel.call(Request("GET", path))
        assert (caught.value.code, caught.value.excerpt) == ("redirect_refused", target)
    assert [seen.target for seen in server.seen] == list(targets)
    assert other.connections == 0


def test_the_connections_own_slow_down_status_counts_as_rate_limit(world, serve):
    server = serve([reply(420, headers={"X-Wait": "7"}), reply()])
    channel = world.channel(server.url(), rate_limit=RateLimit(fail_status=420, retry_header="X-Wait"))
    assert channel.call(Request("GET", "/x")).status == 200
    assert world.meter.waits == [7.0]


def test_a_2xx_answer_that_echoes_the_token_is_scrubbed_in_every_spelling(world, serve):
    def echo(seen):
        token = seen.header("x-pendo-integration-key")
        spelled = [
            token,
            quote(token, safe=""),
            json.dumps(token),
            token.encode().hex(),
            token.encode().hex().upper(),
            *(base64.b64encode(b"x" * n + token.encode()).decode() for n in range(3)),
            *(base64.urlsafe_b64encode(b"x" * n + token.encode()).decode() for n in range(3)),
        ]
        return reply(200, "\n".join(spelled).encode(), {"X-Echo": token})

    world.vault.token = 'q"/\\?>~' + world.vault.token + "~?>\xad"[:3]
    server = serve(echo)
    channel = world.channel(server.url())
    answer = channel.call(Request("GET", "/x"))
    with channel.stream(Request("GET", "/x")) as body:
        streamed = b"".join(body.pieces())
    assert answer.body == streamed
    lines = answer.body.decode().splitlines()
    assert all(MARK in line and len(line) < 20 for line in lines), lines
    assert dict(answer.headers)["X-Echo"] == MARK
