"""A short way for track events: read, judged and answered straight from the socket.

Everything odd, and every other request, goes to the general server, which then keeps the connection. Both call the same
`track`, so that they cannot differ in what they accept.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

from pendosim.errors import Refused
from pendosim.web.call import Call, Reply, text_reply
from pendosim.web.requests_seen import Seen
from pendosim.web.subscription import KEY_HEADER, Subscription
from pendosim.web.track import TRACK_PATH, track

_START = f"POST {TRACK_PATH} HTTP/1.1\r\n".encode()
_END = b"\r\n\r\n"
_HEAD_BYTES_MAX = 8_192
_BODY_BYTES_MAX = 100_000
_HEADS_KEPT = 1_000
# With one of these a body is not simply the next so many bytes, or the connection is not simply kept.
_ODD = frozenset(("transfer-encoding", "content-encoding", "expect", "connection", "upgrade"))


@dataclass(frozen=True)
class Head:
    headers: dict[str, str]
    """By name in lower case."""
    names: tuple[str, ...]
    """As sent."""
    body_bytes: int
    path: str = TRACK_PATH


def plain_head(data: bytes) -> Head | None:
    """None for whatever is better read by the general server."""
    lines = [line.partition(b":") for line in data[len(_START) :].split(b"\r\n")]
    names = tuple(name.decode("latin-1") for name, _, _ in lines)
    headers = {
        name.lower(): value.strip(b" \t").decode("utf-8", "surrogateescape")
        for name, (_, _, value) in zip(names, lines, strict=True)
    }
    length = headers.get("content-length", "")
    unclear = len(headers) < len(names) or not all(colon for _, colon, _ in lines) or _ODD & headers.keys()
    if unclear or not (length.isascii() and length.isdecimal()) or int(length) > _BODY_BYTES_MAX:
        return None
    if not all(name.isascii() and name.replace("-", "").replace("_", "").isalnum() for name in names):
        return None
    return Head(headers, names, int(length))


class TrackDoor:
    """Answers one track event; shared by all connections."""

    def __init__(self, subscription: Subscription) -> None:
        self._of = subscription
        # Clients send the same head again and again.
        self._heads: dict[bytes, Head | None] = {}

    def open(self) -> bool:
        """Say no while something is to go wrong or to take time."""
        return not self._of.faults.armed() and not self._of.world.options.think_ms

    def head(self, data: bytes) -> Head | None:
        if data not in self._heads:
            if len(self._heads) >= _HEADS_KEPT:
                self._heads.clear()
            self._heads[data] = plain_head(data)
        return self._heads[data]

    def answer(self, head: Head, body: bytes) -> bytes:
        of = self._of
        given = head.headers.get(KEY_HEADER, "")
        seen = Seen(of.world.clock.now(), "POST", head.path, head.names, of.keys.label_of(given), "")
        of.log.add(seen)
        try:
            reply = track(Call(of.world, "POST", head.path, {}, head.headers, body), of.keys, given)
        except Refused as refused:
            reply = text_reply(refused.status, refused.sentence)
        seen.status, seen.bytes = reply.status, len(reply.body)
        return _encoded(reply)


def _encoded(reply: Reply) -> bytes:
    if reply.status == HTTPStatus.OK and not reply.body:
        return _ACCEPTED
    head = f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}\r\nContent-Type: {reply.content_type}"
    return f"{head}; charset=utf-8\r\nContent-Length: {len(reply.body)}\r\n\r\n".encode() + reply.body


_ACCEPTED = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 0\r\n\r\n"


class Connection(asyncio.Protocol):
    """Short way first; from the first request that is not for it, everything goes to `general`."""

    def __init__(self, door: TrackDoor, general: Callable[[], asyncio.Protocol]) -> None:
        self._door = door
        self._general = general()
        self._handed_over = False
        self._waiting = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._general.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._general.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._handed_over:
            data = self._answered(self._waiting + data if self._waiting else data)
        if self._handed_over:
            self._general.data_received(data)
        else:
            self._waiting = data

    def _answered(self, data: bytes) -> bytes:
        """Answer every whole event; what is left is a part of one, unless the general server takes over."""
        answers = []
        while data and self._transport is not None:
            end = data.find(_END, 0, _HEAD_BYTES_MAX)
            head = self._door.head(data[:end]) if end >= 0 and data.startswith(_START) else None
            if head is None or not self._door.open():
                self._handed_over = end >= 0 or not _may_become_ours(data)
                break
            start = end + len(_END)
            if len(data) < start + head.body_bytes:
                break
            answers.append(self._door.answer(head, data[start : start + head.body_bytes]))
            data = data[start + head.body_bytes :]
        if answers and self._transport is not None:
            self._transport.write(b"".join(answers))
        return data

    def eof_received(self) -> bool | None:
        if not self._handed_over and self._waiting:
            self._handed_over = True
            self._general.data_received(self._waiting)
        return self._general.eof_received()

    def pause_writing(self) -> None:
        """Take no more from a client that does not read its answers."""
        if self._handed_over:
            self._general.pause_writing()
        elif self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._handed_over:
            self._general.resume_writing()
        elif self._transport is not None:
            self._transport.resume_reading()


def _may_become_ours(data: bytes) -> bool:
    return len(data) < _HEAD_BYTES_MAX and (data.startswith(_START) or _START.startswith(data))
