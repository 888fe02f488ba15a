from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from pendant.egress.address import check_base_uri, relative_parts
from pendant.errors import AddressRefused, WrongInput

LOCAL = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("text", "canonical", "network"),
    [
        ("https://app.pendo.io", "https://app.pendo.io", "public"),
        ("  https://app.pendo.io/  ", "https://app.pendo.io", "public"),
        ("HTTPS://App.EU.Pendo.IO:443/", "https://app.eu.pendo.io", "public"),
        ("https://app.pendo.io.", "https://app.pendo.io", "public"),
        ("https://app.pendo.io:8443/a/B/", "https://app.pendo.io:8443/a/B", "public"),
        ("https://app.pendo.io//", "https://app.pendo.io", "public"),
        ("https://bücher.example", "https://xn--bcher-kva.example", "public"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example", "public"),
        ("https://[2606:4700:0:0::1]/", "https://[2606:4700::1]", "public"),
        ("https://203.0.114.7", "https://203.0.114.7", "public"),
        ("https://8.8.8.8:444", "https://8.8.8.8:444", "public"),
        ("https://10.1.2.3", "https://10.1.2.3", "private"),
        ("http://10.1.2.3:80/x", "http://10.1.2.3/x", "private"),
        ("http://[fd00::7]:8080", "http://[fd00::7]:8080", "private"),
        ("http://[::ffff:10.1.2.3]", "http://10.1.2.3", "private"),
        ("http://localhost:8000", "http://localhost:8000", "private"),
        ("https://localhost", "https://localhost", "private"),
        ("http://pendosim_1:9000", "http://pendosim_1:9000", "private"),
    ],
)
def test_a_base_uri_has_one_canonical_form_and_one_network(text, canonical, network):
    assert check_base_uri(text, allow_networks=LOCAL) == (canonical, network)
    assert check_base_uri(canonical, allow_networks=LOCAL) == (canonical, network)


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "app.pendo.io", "//app.pendo.io", "https:app.pendo.io", "https://", "https:///x", "https://:443"),
        *("https://app.pendo.io@evil.example", "https://user:pw@app.pendo.io", "https://@app.pendo.io"),
        *("https://app.pendo.io#x", "https://app.pendo.io/?a=b", "https://app.pendo.io\\@evil.example"),
        *("https://evil.example\\.app.pendo.io", "https:\\\\app.pendo.io", "https://app.pendo%2eio", "https://%61pp.io"),
        *("https://app.pendo.io:0", "https://app.pendo.io:65536", "https://app.pendo.io:", "https://app.pendo.io:4a3"),
        *("https://app.pendo.io:443:80", "https://127.0.0.1:80:443", "https://app.pen\tdo.io", "https://app.pendo.io\n"),
        *("https://app.pendo.io/\r\nX: y", "https://app pendo.io", "https://app.pendo.io\0", "https://app.pendo.io/\x7f"),
        *("https://..", "https://a..b", "https://app.pendo.io..", "https://-a.io", "https://a-.io", "https://a!b.io"),
        *("https://" + "a" * 64 + ".io", "https://" + "a." * 130 + "io", "https://a.io/" + "x" * 2000),
        *("https://a.io/../b", "https://a.io/%2e%2e/b", "https://a.io/a;/..;/b", "https://a.io/é", "https://a.io/%g0"),
        *("https://[::1", "https://::1", "https://[127.0.0.1]", "https://[fe80::1%25eth0]", "https://[v1.x]"),
        *("https://xn--a.example", "https://\u202eapp.pendo.io", "https://app.pendo.io\u200b"),
        # full-width dots and digits, circled letters, and a letter with two international readings
        *("https://app\u3002pendo\u3002io", "https://\uff11\uff12\uff17.0.0.1", "https://\u24dbocalhost", "https://\uff41pp.pendo.io"),
        *("https://straße.example", "https://127\u30020\u30020\u30021"),
        # addresses in disguise
        *("https://0x7f.1", "https://2130706433", "https://0177.0.0.1", "https://127.1", "https://0", "https://0x7f000001"),
        *("https://127.0.0.01", "https://127.0.0.1.", "https://1.2.3.4.5", "https://256.1.1.1", "https://0x"),
        *("ftp://a.io", "file:///etc/passwd", "gopher://a.io", "unix:///run/x", "data:text/plain,x", "javascript://a.io"),
    ],
)  # fmt: skip
def test_a_base_uri_that_can_be_read_in_two_ways_is_refused(text):
    with pytest.raises((WrongInput, AddressRefused)) as caught:
        check_base_uri(text, allow_networks=())
    assert caught.value.code in ("base_uri_invalid", "address_refused")
    if isinstance(caught.value, WrongInput):
        assert caught.value.field == "base_uri"


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.1.1"),
        *("100.64.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "0.0.0.0", "192.0.2.1"),
        *("198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "192.0.0.8"),
        *("[::]", "[::1]", "[fc00::1]", "[fd12:3456::1]", "[fe80::1]", "[fec0::1]", "[ff02::1]", "[::ffff:10.0.0.1]"),
        *(
            "[::ffff:127.0.0.1]",
            "[64:ff9b::a00:1]",
            "[64:ff9b:1::1]",
            "[2002:a00:1::]",
            "[2001:0:1::]",
            "[2001:db8::1]",
        ),
        *("[3fff::1]", "[100::1]", "[::10.0.0.1]", "[5f00::1]", "[2001:10::1]"),
        *("169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
        *("metadata.google.internal", "metadata", "instance-data", "localhost", "a.localhost", "LOCALHOST."),
    ],
)
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_special_address_is_refused_where_no_network_is_allowed(scheme, host):
    with pytest.raises(AddressRefused) as caught:
        check_base_uri(f"{scheme}://{host}", allow_networks=())
    assert caught.value.code == "address_refused"


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "168.63.129.16", "metadata.google.internal"]
)
def test_metadata_services_are_refused_even_when_everything_is_allowed(host):
    everything = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
    for scheme in ("http", "https"):
        with pytest.raises(AddressRefused):
            check_base_uri(f"{scheme}://{host}", allow_networks=everything)


@pytest.mark.parametrize("uri", ["http://app.pendo.io", "http://8.8.8.8", "http://localhost", "http://10.1.2.3"])
def test_plain_http_is_refused_where_no_network_is_allowed(uri):
    with pytest.raises(AddressRefused):
        check_base_uri(uri, allow_networks=())


@pytest.mark.parametrize("uri", ["http://8.8.8.8", "http://10.2.0.1", "http://[fe80::1]"])
def test_plain_http_to_an_address_outside_the_allowed_networks_is_refused(uri):
    with pytest.raises(AddressRefused):
        check_base_uri(uri, allow_networks=LOCAL)


def test_localhost_needs_an_allowed_loopback_network():
    with pytest.raises(AddressRefused):
        check_base_uri("http://localhost", allow_networks=(ipaddress.ip_network("10.0.0.0/8"),))


def test_the_http_view_may_say_that_an_https_name_is_internal():
    internal = check_base_uri("https://pendo.corp.example", allow_networks=LOCAL, network="private")
    assert internal == ("https://pendo.corp.example", "private")
    with pytest.raises(AddressRefused):
        check_base_uri("https://pendo.corp.example", allow_networks=(), network="private")


@pytest.mark.parametrize("uri", ["https://10.1.2.3", "http://10.1.2.3", "http://name", "https://localhost"])
def test_a_public_connection_stays_public_whatever_is_allowed(uri):
    with pytest.raises(AddressRefused):
        check_base_uri(uri, allow_networks=LOCAL, network="public")


@given(st.text(alphabet="htps:/.@[]%\\#?0123456789abAxX-_é\u3002\n\t \u200b", max_size=40))
@settings(max_examples=300, deadline=None)
def test_whatever_is_accepted_is_accepted_again_and_every_parser_sees_the_same_host(text):
    for candidate in (text, f"https://{text}"):
        try:
            canonical, network = check_base_uri(candidate, allow_networks=LOCAL)
        except (WrongInput, AddressRefused):
            continue
        assert check_base_uri(canonical, allow_networks=LOCAL) == (canonical, network)
        assert canonical.isascii()
        assert not set(canonical) & set("\\#?\n\t ")
        other, third = urlsplit(canonical), URL(canonical)
        assert (other.hostname, other.port) == (third.raw_host, third.explicit_port)
        assert other.username is None
        assert not canonical.endswith("/")


@pytest.mark.parametrize(
    ("text", "path", "query"),
    [
        ("/api/v1/page?expand=*&a=", "/api/v1/page", (("expand", "*"), ("a", ""))),
        ("api/v1/token/verify", "/api/v1/token/verify", ()),
        (" /x?q=a%20b+c ", "/x", (("q", "a b c"),)),
    ],
)
def test_a_relative_uri_as_people_write_it_becomes_path_and_query(text, path, query):
    assert relative_parts(text) == (path, query)


@pytest.mark.parametrize(
    "text", ["//evil.example", "/a#b", "https://evil.example/", "/../a", "/a?b=c\r\nX: y", "/a?b=é"]
)
def test_a_relative_uri_that_leads_elsewhere_is_refused(text):
    with pytest.raises(WrongInput) as caught:
        relative_parts(text)
    assert caught.value.code == "relative_uri_invalid"
