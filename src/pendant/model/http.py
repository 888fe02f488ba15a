"""One exchange with another system, as plain values. The socket is in egress/."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pendant.model.connection import Connection
from pendant.model.secret import Secret

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is relative to the connection's base URI and begins with "/"; its segments are already encoded.

    `retry_statuses` are answers worth another try beside broken connections and time-outs; empty: never retry.
    `timeout_seconds` is the longest silence on the socket, `total_seconds` the longest exchange.
    """

    method: Method
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    retry_statuses: frozenset[int] = frozenset({408, 429, 500, 502, 503, 504})
    attempts_max: int = 6
    timeout_seconds: float = 120.0
    total_seconds: float = 900.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer with a 2xx status. `body` is decompressed and scrubbed of the token."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)


class Meter(Protocol):
    """Told what happens on the wire, from any thread."""

    def request_sent(self) -> None: ...

    def retried(self, reason: str, wait_seconds: float) -> None: ...

    def bytes_received(self, count: int) -> None: ...


class Body(Protocol):
    """A 2xx answer that is read piece by piece."""

    @property
    def status(self) -> int: ...

    def pieces(self) -> Iterator[bytes]:
        """Yield the decompressed body in order, in pieces of some hundred kB to some MB.

        Ends only when the transfer ended as its framing promised; otherwise raises BrokenAnswer or Unreachable.
        """
        ...


class WayOut(Protocol):
    """Hands out channels; with `token` for a draft, else with the stored one."""

    def channel(
        self, connection: Connection, *, token: Secret | None = None, meter: Meter | None = None
    ) -> Channel: ...


class Channel(Protocol):
    """The way to one connection's origin, and to nothing else. Safe to use from several threads.

    Both verbs raise the RemoteProblem family of errors.py for anything but a 2xx answer. Status to error is a
    table in egress/: 401 and 403 CredentialsRefused, other 4xx RequestRefused, what remains after the retries
    ServerTrouble or Unreachable.
    """

    def call(self, request: Request) -> Answer:
        """Send and return the whole answer; the body is limited to some MB (`answer_too_large` beyond)."""
        ...

    def stream(self, request: Request) -> AbstractContextManager[Body]:
        """Send and return once the headers are there. Retries happen before the first body byte, never after."""
        ...
