"""From the host of an address to the addresses that may be connected to."""

from __future__ import annotations

import asyncio
import socket

from aiohttp.abc import ResolveResult

from pendant.egress.address import BaseUri
from pendant.egress.judge import JudgedResolver, Refused
from pendant.egress.line import Ground
from pendant.egress.reach import AddressRule, parse_address
from pendant.egress.verdict import ADDRESS, NAME
from pendant.model.connection import HttpSettings

RESOLVE_SECONDS = 15.0


async def resolve(ground: Ground, http: HttpSettings, host: str, port: int) -> list[ResolveResult]:
    """Return where `host` is, judged by the rule of its connection; raise judge.Refused, OSError or TimeoutError."""
    rule = AddressRule(http.network, ground.allow_networks)
    address = parse_address(host)
    if address is not None:
        if not rule.allows(address):
            raise Refused
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IPv4
        return [ResolveResult(hostname=host, host=host, port=port, family=family, proto=0, flags=0)]
    resolver = JudgedResolver(rule, ground.resolver())
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            return await resolver.resolve(host, port, socket.AF_UNSPEC)
    finally:
        await resolver.close()


def first_address(ground: Ground, http: HttpSettings, uri: BaseUri) -> str:
    """Return the first judged address of `uri`, for a library that connects by itself.

    Raises AddressRefused, or Unreachable for a name that nobody knows.
    """
    try:
        found = ground.loop.run(resolve(ground, http, uri.host, uri.port))
    except Refused:
        raise ADDRESS.raised(uri.host) from None
    except (OSError, TimeoutError):
        raise NAME.raised(uri.host) from None
    return found[0]["host"]
