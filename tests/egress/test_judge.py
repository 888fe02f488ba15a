"""Where a connection really goes: literal addresses, names that change their mind, and answers that mix."""

from __future__ import annotations

import asyncio
import socket

import aiohttp
import pytest

from egress.wire import reply
from egress.world import LOOPBACK, FakeNames, connection
from pendant.egress.judge import JudgedResolver, Refused, request_class, socket_factory
from pendant.egress.reach import AddressRule
from pendant.errors import AddressRefused, RemoteProblem
from pendant.model.http import Request

GET = Request("GET", "/")


def resolving(world, **table):
    names = FakeNames(**table)
    return names, world.egress(resolver=lambda: names)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_public_connection_never_reaches_loopback_even_where_it_is_allowed(world, serve, host):
    server = serve(reply())
    channel = world.channel(f"https://{host}:{server.port}", network="public")
    with pytest.raises(AddressRefused) as caught:
        channel.call(GET)
    assert caught.value.code == "address_refused"
    assert server.connections == 0


def test_a_public_name_that_resolves_to_a_private_address_is_refused_at_the_connection(world, serve):
    server = serve(reply())
    names, egress = resolving(world, rebinding_example=[["127.0.0.1"]])
    channel = world.channel(f"https://rebinding.example:{server.port}", egress=egress, network="public")
    with pytest.raises(AddressRefused):
        channel.call(GET)
    assert names.asked == ["rebinding.example"]
    assert server.connections == 0
    assert world.pauses == []


def test_a_name_that_changes_from_public_to_private_is_refused_when_it_is_connected_to(world, serve):
    server = serve(reply())
    _, egress = resolving(world, rebinding_example=[["203.0.114.1"], ["127.0.0.1"]])
    http = connection(f"https://rebinding.example:{server.port}", network="public").http
    stages = egress.probe(http)
    assert [next(stages).outcome for _ in range(2)] == ["ok", "ok"]
    with pytest.raises(AddressRefused):
        world.channel(http.base_uri, egress=egress, network="public").call(GET)
    assert server.connections == 0


@pytest.mark.parametrize(
    "answer", [["203.0.114.1", "127.0.0.1"], ["203.0.114.1", "::1"], ["2606:4700::1", "::ffff:10.0.0.1"], ["nonsense"]]
)
def test_an_answer_that_mixes_public_and_private_addresses_is_refused_whole(world, answer):
    _, egress = resolving(world, mixed_example=[answer])
    with pytest.raises(AddressRefused):
        world.channel("https://mixed.example", egress=egress, network="public").call(GET)


def test_a_private_connection_refuses_a_name_that_is_partly_public(world, serve):
    server = serve(reply())
    _, egress = resolving(world, inside_example=[["127.0.0.1", "203.0.114.1"]])
    with pytest.raises(AddressRefused):
        world.channel(server.url("inside.example"), egress=egress).call(GET)
    assert server.connections == 0


def test_a_private_connection_passes_over_private_addresses_that_are_not_allowed(world, serve):
    server = serve(reply())
    _, egress = resolving(world, inside_example=[["::1", "10.9.9.9", "127.0.0.1"]])
    assert world.channel(server.url("inside.example"), egress=egress).call(GET).status == 200


def test_a_private_connection_does_not_reach_the_public_internet(world):
    _, egress = resolving(world, inside_example=[["203.0.114.1"]])
    with pytest.raises(AddressRefused):
        world.channel("https://inside.example", egress=egress).call(GET)


def test_taking_a_network_from_the_policy_ends_what_was_saved_under_it(world, serve):
    server = serve(reply())
    assert world.channel(server.url()).call(GET).status == 200
    with pytest.raises(AddressRefused):
        world.channel(server.url(), egress=world.egress(allow_networks=())).call(GET)
    assert len(server.seen) == 1


def visit(url: str, **connector) -> int:
    async def visiting() -> int:
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(**connector)) as session,
            session.get(url) as answer,
        ):
            return answer.status

    return asyncio.run(visiting())


PUBLIC = AddressRule("public", LOOPBACK)


def test_without_the_judge_at_the_socket_a_literal_loopback_address_is_reached(serve):
    """Negative control: a judged resolver alone is never asked about a literal address."""

    async def visiting() -> int:
        connector = aiohttp.TCPConnector(resolver=JudgedResolver(PUBLIC, aiohttp.ThreadedResolver()))
        async with aiohttp.ClientSession(connector=connector) as session, session.get(server.url()) as answer:
            return answer.status

    server = serve(reply())
    assert asyncio.run(visiting()) == 200
    with pytest.raises(aiohttp.ClientConnectorError):
        visit(server.url(), socket_factory=socket_factory(PUBLIC))


def test_without_judging_the_answer_a_rebound_name_reaches_loopback(serve):
    """Negative control for the name service."""
    server = serve(reply())
    url = server.url("rebinding.example")

    async def visiting(rule: AddressRule | None) -> int:
        names: aiohttp.abc.AbstractResolver = FakeNames(rebinding_example=[["127.0.0.1"]])
        connector = aiohttp.TCPConnector(resolver=JudgedResolver(rule, names) if rule else names)
        async with aiohttp.ClientSession(connector=connector) as session, session.get(url) as answer:
            return answer.status

    assert asyncio.run(visiting(None)) == 200
    with pytest.raises(aiohttp.ClientConnectorDNSError):
        asyncio.run(visiting(PUBLIC))


def test_the_socket_itself_refuses_to_connect_elsewhere_than_it_was_made_for(serve):
    server = serve(reply())
    made = socket_factory(PUBLIC)((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("203.0.114.1", 443)))
    with made:
        with pytest.raises(Refused):
            made.connect(("127.0.0.1", server.port))
        with pytest.raises(Refused):
            made.connect_ex(("127.0.0.1", server.port))
    assert server.connections == 0


def test_a_unix_socket_is_refused():
    with pytest.raises(Refused):
        socket_factory(PUBLIC)((socket.AF_UNIX, socket.SOCK_STREAM, 0, "", "/run/x"))


@pytest.mark.parametrize("rule", [AddressRule("public", ()), AddressRule("private", LOOPBACK)])
def test_the_peer_is_looked_at_again_before_anything_is_written(serve, rule):
    """A connection that came about some other way carries no request unless its peer is allowed."""
    server = serve(reply())

    async def visiting() -> int:
        async with (
            aiohttp.ClientSession(request_class=request_class(rule)) as session,
            session.get(server.url()) as answer,
        ):
            return answer.status

    if rule.policy == "private":
        assert asyncio.run(visiting()) == 200
    else:
        with pytest.raises(aiohttp.ClientOSError):
            asyncio.run(visiting())
        assert server.seen == []


def test_an_address_that_is_refused_is_not_tried_again(world):
    _, egress = resolving(world, mixed_example=[["203.0.114.1", "127.0.0.1"]])
    with pytest.raises(RemoteProblem):
        world.channel("https://mixed.example", egress=egress, network="public").call(GET)
    assert (world.meter.requests, world.pauses) == (1, [])
