"""The places in aiohttp where an address is judged: after resolving, at the socket, and before the first byte.

A resolver is not asked about literal addresses, so the socket is where nothing gets past; the resolver adds that
an answer mixing public and private addresses is refused whole, and the request that a reused or odd connection
leads where the rule allows.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from pendant.egress.reach import AddressRule


class Refused(OSError):
    """An address was refused. An OSError, because that is what the connection machinery passes through."""

    def __init__(self) -> None:
        super().__init__("address refused")


class JudgedResolver(AbstractResolver):
    def __init__(self, rule: AddressRule, inner: AbstractResolver) -> None:
        self._rule = rule
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        allowed = self._rule.choose([result["host"] for result in found])
        if not allowed:
            raise Refused
        return [result for result in found if result["host"] in allowed]

    async def close(self) -> None:
        await self._inner.close()


class _JudgedSocket(socket.socket):
    """Connects to allowed addresses only: what is judged is what the kernel is given."""

    rule: AddressRule

    def connect(self, address: Any) -> None:
        _judge(self.rule, address)
        super().connect(address)

    def connect_ex(self, address: Any) -> int:
        _judge(self.rule, address)
        return super().connect_ex(address)


def _judge(rule: AddressRule, address: Any) -> None:
    if not isinstance(address, tuple) or not rule.allows_text(str(address[0])):
        raise Refused


def socket_factory(rule: AddressRule) -> Callable[[Any], socket.socket]:
    """Return what TCPConnector calls with the final address of every connection, literal ones too."""

    def create(info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        _judge(rule, address)
        made = _JudgedSocket(family=family, type=kind, proto=protocol)
        made.rule = rule
        return made

    return create


def request_class(rule: AddressRule) -> type[aiohttp.ClientRequest]:
    """Return a request that looks at the peer once more before it writes anything."""

    class JudgedRequest(aiohttp.ClientRequest):
        async def send(self, conn: Any) -> aiohttp.ClientResponse:
            transport = conn.transport
            peer = transport.get_extra_info("peername") if transport is not None else None
            if peer is not None:
                _judge(rule, peer)
            return await super().send(conn)

    return JudgedRequest
