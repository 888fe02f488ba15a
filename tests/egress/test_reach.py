from __future__ import annotations

import ipaddress

from hypothesis import given, settings
from hypothesis import strategies as st

from pendant.egress.reach import AddressRule, is_public, parse_address

ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
LISTS = st.lists(ADDRESSES.map(str), max_size=5)
NETWORKS = st.sampled_from([(), ("10.0.0.0/8",), ("127.0.0.0/8", "::1/128"), ("0.0.0.0/0", "::/0"), ("fd00::/8",)])


@given(LISTS, st.sampled_from(["public", "private"]), NETWORKS)
@settings(max_examples=300, deadline=None)
def test_only_allowed_addresses_are_ever_chosen(found, policy, networks):
    rule = AddressRule(policy, tuple(ipaddress.ip_network(text) for text in networks))
    chosen = rule.choose(found)
    assert all(rule.allows_text(text) for text in chosen)
    if policy == "public":
        assert chosen in ([], found)
    else:
        assert not any(is_public(parse_address(text)) for text in found if text not in chosen) or chosen == []


@given(ADDRESSES)
@settings(max_examples=500, deadline=None)
def test_what_the_standard_library_calls_private_is_never_public(address):
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert not is_public(parse_address(str(address)))


@given(st.ip_addresses(v=4))
@settings(max_examples=200, deadline=None)
def test_a_mapped_address_is_judged_as_what_it_is(address):
    assert is_public(parse_address(f"::ffff:{address}")) == is_public(address)
