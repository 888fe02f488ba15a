from __future__ import annotations

import socket

import pytest

from egress.tls import allow_old, certificates, server_context, trusting
from egress.wire import reply
from egress.world import FakeNames, connection
from pendant.errors import RemoteProblem, Unreachable
from pendant.model.http import Request

NAMES = ["address", "name", "tls"]
GET = Request("GET", "/x")


@pytest.fixture(scope="module")
def ca():
    return certificates()


def outcomes(stages) -> list[tuple[str, str]]:
    return [(stage.name, stage.outcome) for stage in stages]


def secured(world, ca, **table):
    names = FakeNames(**(table or {"good_example": [["127.0.0.1"]]}))
    return world.egress(resolver=lambda: names, tls=trusting(ca))


def test_every_stage_of_a_good_connection_is_ok(world, serve, ca):
    server = serve(reply(), tls=server_context(ca, "good.example"))
    stages = list(secured(world, ca).probe(connection(server.url("good.example")).http))
    assert outcomes(stages) == [(name, "ok") for name in NAMES]
    assert stages[1].detail == "good.example resolves to 1 address."
    assert stages[2].detail.startswith("TLSv1.3, certificate valid for good.example until ")
    assert all(stage.title and stage.detail for stage in stages)
    assert server.seen == []


def test_plain_http_inside_an_allowed_network_has_no_encryption_to_test(world, serve):
    server = serve(reply())
    stages = list(world.egress().probe(connection(server.url()).http))
    assert outcomes(stages) == [("address", "ok"), ("name", "ok"), ("tls", "skipped")]
    assert "nothing is encrypted" in stages[2].detail


@pytest.mark.parametrize("uri", ["http://app.pendo.io", "https://10.0.0.1", "https://a@b", "nonsense"])
def test_an_address_that_is_not_allowed_ends_the_probe(world, uri):
    egress = world.egress(allow_networks=())
    stages = list(egress.probe(connection(uri, network="public").http))
    assert outcomes(stages) == [("address", "failed"), ("name", "skipped"), ("tls", "skipped")]
    assert stages[0].detail
    assert stages[0].hint


@pytest.mark.parametrize(
    ("table", "detail"),
    [
        ({"good_example": [[]]}, "does not resolve"),
        ({"good_example": [["203.0.114.1"]]}, "does not connect to"),
        ({"good_example": [["127.0.0.1", "203.0.114.1"]]}, "does not connect to"),
    ],
)
def test_a_name_that_leads_nowhere_or_to_the_wrong_place_ends_the_probe(world, ca, table, detail):
    stages = list(secured(world, ca, **table).probe(connection("https://good.example").http))
    assert outcomes(stages) == [("address", "ok"), ("name", "failed"), ("tls", "skipped")]
    assert detail in stages[1].detail


def test_closed_and_silent_ports_look_alike(world, serve, ca):
    closed = serve(reply())
    closed.close()
    [*_, stage] = secured(world, ca).probe(connection(closed.url("good.example").replace("http:", "https:")).http)
    assert (stage.name, stage.outcome) == ("tls", "failed")
    assert "cannot be reached" in stage.detail
    assert "refused" not in stage.detail + stage.hint


BAD = {
    "wrong host": ({"host": "other.example"}, "good.example"),
    "expired": ({"days": -1}, "expired"),
    "self-signed": ({"self_signed": True}, "self-signed"),
    "unknown authority": ({"other_authority": True}, "unable to get local issuer"),
    "TLS 1.1": ({"old": True}, "handshake failed"),
}


@pytest.mark.parametrize(("options", "reason"), BAD.values(), ids=BAD.keys())
def test_a_certificate_that_proves_nothing_is_refused_before_the_token_leaves(world, serve, ca, options, reason):
    server = serve(reply(), tls=server_context(ca, **({"host": "good.example"} | options)))
    egress = secured(world, ca)
    [*_, stage] = egress.probe(connection(server.url("good.example")).http)
    assert (stage.name, stage.outcome) == ("tls", "failed")
    assert reason in stage.detail
    with pytest.raises(Unreachable) as caught:
        world.channel(server.url("good.example"), egress=egress).call(GET)
    assert caught.value.code == "tls_failed"
    assert reason in caught.value.message
    assert server.seen == []
    assert world.pauses == []


def test_with_a_good_certificate_the_request_goes_through(world, serve, ca):
    server = serve(reply(200, b"x" * 3_000_000), tls=server_context(ca, "good.example"))
    channel = world.channel(server.url("good.example"), egress=secured(world, ca))
    assert len(channel.call(GET).body) == 3_000_000
    assert server.seen[0].header("host") == f"good.example:{server.port}"


def test_a_client_that_allows_it_does_reach_the_old_tls_server(serve, ca):
    """Negative control: the server of the test above works."""
    server = serve(reply(), tls=server_context(ca, "good.example", old=True))
    context = trusting(ca)
    allow_old(context)
    with (
        socket.create_connection(("127.0.0.1", server.port)) as plain,
        context.wrap_socket(plain, server_hostname="good.example") as secured_socket,
    ):
        assert secured_socket.version() == "TLSv1.1"


def test_an_authority_that_only_the_test_knows_is_not_trusted_by_default(world, serve, ca):
    """Negative control: without the injected context the very same server is refused."""
    server = serve(reply(), tls=server_context(ca, "good.example"))
    egress = world.egress(resolver=lambda: FakeNames(good_example=[["127.0.0.1"]]))
    with pytest.raises(Unreachable):
        world.channel(server.url("good.example"), egress=egress).call(GET)


def test_a_server_that_speaks_plainly_on_a_tls_port_is_refused(world, serve, ca):
    server = serve(reply())
    url = server.url("good.example").replace("http:", "https:")
    with pytest.raises(RemoteProblem) as caught:
        world.channel(url, egress=secured(world, ca)).call(Request("GET", "/", attempts_max=1, timeout_seconds=0.3))
    assert caught.value.code in ("tls_failed", "unreachable", "connection_broken")
