"""From the host of an address to the addresses that may be connected to."""

from __future__ import annotations

import asyncio
import socket

from aiohttp.abc import ResolveResult

from pendant.egress.judge import JudgedResolver, Refused
from pendant.egress.line import Ground
from pendant.egress.reach import AddressRule, parse_address
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
