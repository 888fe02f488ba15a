"""What stands around an Egress in a test: a vault, a clock, a meter and a name service, all of them fakes."""

from __future__ import annotations

import ipaddress
import secrets
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from pendant.egress import Egress
from pendant.model.clock import SettableClock
from pendant.model.connection import Authentication, Connection, HttpSettings
from pendant.model.scrub import Scrubber
from pendant.model.secret import Secret

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass
class FakeVault:
    token: str = field(default_factory=lambda: secrets.token_urlsafe(30), repr=False)
    opened: list[str] = field(default_factory=list)

    def open(self, connection: Connection) -> Secret:
        self.opened.append(connection.id)
        return Secret(self.token)


class FakeNames(AbstractResolver):
    """Answers from a table: a list of addresses for every time the name is asked; the last one stays."""

    def __init__(self, **table: list[list[str]]) -> None:
        self.table = {name.replace("_", "."): answers for name, answers in table.items()}
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[Any]:
        self.asked.append(host)
        answers = self.table[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in found
        ]

    async def close(self) -> None:
        pass


@dataclass
class FakeMeter:
    requests: int = 0
    received: int = 0
    waits: list[float] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def request_sent(self) -> None:
        self.requests += 1

    def retried(self, reason: str, wait_seconds: float) -> None:
        self.reasons.append(reason)
        self.waits.append(wait_seconds)

    def bytes_received(self, count: int) -> None:
        self.received += count


@dataclass
class World:
    """Everything a test needs around one Egress. Pauses are taken by the clock and noted, never slept."""

    clock: SettableClock
    vault: FakeVault
    scrubber: Scrubber
    pauses: list[float]
    meter: FakeMeter
    _made: list[Egress]

    def egress(self, **changes: Any) -> Egress:
        arguments: dict[str, Any] = {
            "allow_networks": LOOPBACK,
            "opener": self.vault,
            "clock": self.clock,
            "scrubber": self.scrubber,
            "pause": self.pause,
            "jitter": lambda: 1.0,
        }
        made = Egress(**(arguments | changes))
        self._made.append(made)
        return made

    def channel(self, base_uri: str, *, egress: Egress | None = None, **settings: Any) -> Any:
        return (egress or self.egress()).channel(connection(base_uri, **settings), meter=self.meter)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(seconds)

    def close(self) -> None:
        for one in self._made:
            one.close()


def connection(base_uri: str, *, id: str = "one", **settings: Any) -> Connection:  # noqa: A002 - as in the model
    settings.setdefault("network", "private")
    settings.setdefault("authentication", Authentication(name="x-pendo-integration-key"))
    http = HttpSettings(base_uri=base_uri, **settings)
    return Connection(id=id, name=id, application="http", api_type="", http=http)
