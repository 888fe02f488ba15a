"""Which addresses this installation connects to, judged on the address itself, never on a name."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from pendant.errors import AddressRefused
from pendant.model.connection import Network as Policy

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# `ipaddress.is_global` calls several of these public (cloud metadata, NAT64, 6to4, site-local, multicast),
# and what it says changes between Python releases; the rule is therefore written out.
_IPV4_REFUSED = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_IPV6_PUBLIC = ipaddress.IPv6Network("2000::/3")
_IPV6_REFUSED = tuple(ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
# They hand credentials of the machine to whoever asks; no setting opens them.
_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
    )
)
METADATA_NAMES = frozenset(
    {
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "metadata.tencentyun.com",
        "instance-data",
        "instance-data.ec2.internal",
    }
)


def parse_address(text: str) -> Address | None:
    """Return the address `text` spells in its one canonical way, an IPv4-mapped one unwrapped; None for a name."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def is_public(address: Address) -> bool:
    if address in _METADATA:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _IPV4_REFUSED)
    return address in _IPV6_PUBLIC and not any(address in network for network in _IPV6_REFUSED)


@dataclass(frozen=True, slots=True)
class AddressRule:
    """What one connection may reach: "public" the public internet and nothing else, also where the installation
    allows a private network; "private" the allowed networks and nothing else.
    """

    policy: Policy
    allow_networks: tuple[Network, ...]

    def allows(self, address: Address) -> bool:
        if self.policy == "public":
            return is_public(address)
        return address not in _METADATA and any(address in network for network in self.allow_networks)

    def allows_text(self, text: str) -> bool:
        address = parse_address(text)
        return address is not None and self.allows(address)

    def choose(self, found: list[str]) -> list[str]:
        """Return the addresses of a name that may be connected to, or none at all when the answer is suspicious.

        A public connection needs every address public: an answer that mixes in a private one is refused whole.
        A private connection passes over other private addresses (localhost has two) but refuses a public one.
        """
        allowed = [text for text in found if self.allows_text(text)]
        others = [parse_address(text) for text in found if text not in allowed]
        if self.policy == "public":
            return [] if others else allowed
        return [] if any(address is None or is_public(address) for address in others) else allowed


def address_refused(host: str, reason: str, *, hint: str = "") -> AddressRefused:
    return AddressRefused(
        "address_refused",
        f"{host} is not an address this installation connects to: {reason}.",
        hint=hint or "Use a public https address, or have the network added to PENDANT_ALLOW_NETWORKS.",
    )
