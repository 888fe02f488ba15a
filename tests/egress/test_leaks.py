"""Where the token must not turn up: logs at every level, tracebacks, proxies, reprs, memory afterwards."""

from __future__ import annotations

import asyncio
import gc
import io
import logging
import secrets
import traceback
from pathlib import Path

import aiohttp
import pytest

from egress.wire import Reply, chunked, reply
from egress.world import LOOPBACK, connection
from pendant.egress.line import tls_context
from pendant.egress.outgoing import outgoing
from pendant.errors import PendantError
from pendant.logs import RedactingFormatter
from pendant.model.connection import Authentication
from pendant.model.http import Request
from pendant.model.scrub import GRACE_SECONDS, MARK, forms

ONCE = Request("GET", "/x", attempts_max=1, timeout_seconds=0.15)
PLACES = [
    Authentication(name="x-pendo-integration-key"),
    Authentication(scheme="Bearer"),
    Authentication(location="url", name="key"),
    Authentication(location="body", name="key"),
]


def bad_answers():
    return [
        reply(200, b"ok"),
        reply(403),
        reply(302, headers={"Location": "https://elsewhere.example/"}),
        Reply([b"garbage\r\n\r\n"], "close"),
        Reply([], "reset"),
        Reply([0.4]),
        chunked(b"x", finished=False, end="close"),
    ]


@pytest.mark.parametrize("place", PLACES, ids=["header", "scheme", "url", "body"])
def test_no_log_line_of_any_library_at_any_level_shows_the_token(world, serve, monkeypatch, place):
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(RedactingFormatter(logging.Formatter(), world.scrubber))
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    root.handlers[:], root.level = [handler], logging.DEBUG
    try:
        server = serve(bad_answers())
        channel = world.channel(server.url(), authentication=place)
        shown = []
        for _ in bad_answers():
            try:
                channel.call(Request("POST", "/x", attempts_max=1, timeout_seconds=0.15))
            except PendantError as problem:
                shown.append("".join(traceback.format_exception(problem)))
                logging.getLogger("pendant").exception("failed with %s", world.vault.token)
    finally:
        root.handlers[:], root.level = handlers, level
    everything = out.getvalue() + "".join(shown)
    assert "failed with " + MARK in everything
    assert not [form for form in forms(world.vault.token) if form in everything]
    assert any(world.vault.token in str(seen) for seen in server.seen)


@pytest.mark.parametrize("place", PLACES, ids=["header", "scheme", "url", "body"])
def test_local_variables_of_the_errors_own_traceback_do_not_reach_its_chain(world, serve, place):
    """What is raised carries no exception of the HTTP client along, whose frames hold headers and URL."""
    server = serve(bad_answers()[1:])
    channel = world.channel(server.url(), authentication=place)
    for _ in bad_answers()[1:]:
        with pytest.raises(PendantError) as caught:
            channel.call(Request("POST", "/x", attempts_max=1, timeout_seconds=0.15))
        lines = traceback.TracebackException.from_exception(caught.value, capture_locals=False).format()
        assert world.vault.token not in "".join(lines)
        chain = caught.value.__context__
        while chain is not None:
            assert type(chain).__module__.startswith("pendant."), type(chain)
            chain = chain.__context__


def test_a_message_that_is_ready_to_be_sent_does_not_show_its_token(world):
    token = world.vault.token
    for place in PLACES:
        http = connection("http://127.0.0.1:1", authentication=place).http
        message = outgoing(Request("POST", "/x"), http, token, LOOPBACK)
        assert token not in repr(message)
        assert token in str(message.url) + str(message.headers) + str(message.body)


def test_proxies_and_netrc_of_the_environment_are_ignored(world, serve, monkeypatch, tmp_path: Path):
    proxy = serve(reply())
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy.url())
        monkeypatch.setenv(name.upper(), proxy.url())
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    server = serve(reply())
    world.channel(server.url()).call(ONCE)
    assert server.seen[0].header("authorization") is None
    assert proxy.connections == 0


def test_a_client_that_trusts_the_environment_does_use_the_proxy(serve, monkeypatch):
    """Negative control of the test above."""
    proxy, server = serve(reply()), serve(reply())
    monkeypatch.setenv("http_proxy", proxy.url())
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    async def visiting() -> None:
        async with aiohttp.ClientSession(trust_env=True) as session, session.get(server.url()):
            pass

    asyncio.run(visiting())
    assert proxy.connections == 1


def test_a_session_key_log_named_by_the_environment_is_not_written(world, monkeypatch, tmp_path: Path):
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    assert tls_context().keylog_filename is None


def test_no_object_holds_the_token_after_the_exchange_and_its_grace_time(world, serve):
    server = serve(reply(200, b"x"))
    world.vault.token = "".join(["canary", secrets.token_hex(20)])
    egress = world.egress()
    channel = world.channel(server.url(), egress=egress)
    channel.call(ONCE)
    with channel.stream(ONCE) as body:
        list(body.pieces())
    token, world.vault.token = world.vault.token, ""
    server.seen.clear()
    assert holders_of(token), "while the grace time runs, the log still knows it"
    world.clock.advance(GRACE_SECONDS + 1)
    world.scrubber.forget()
    assert holders_of(token) == []


def holders_of(token: str) -> list[str]:
    gc.collect()
    containers = [one for one in gc.get_objects() if isinstance(one, dict | list | tuple | set)]
    return [
        type(one).__name__
        for one in containers
        if any(type(item) is str and token in item for item in (*one, *(one.values() if isinstance(one, dict) else ())))
    ]
