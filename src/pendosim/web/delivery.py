"""Sends an answer, and on the way does to it what faults want done."""

import asyncio
import socket
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate

import msgspec
from aiohttp import HttpVersion11, web

from pendosim.aggregation.answer import Piece
from pendosim.errors import Refused
from pendosim.faults import ANSWERS, Fault
from pendosim.web.call import Reply
from pendosim.web.requests_seen import Seen

_CHANGES_BODY = ("drip", "reset", "truncate", "truncate_between")
_DRIPS_PER_SECOND = 10
# Closes with a reset instead of a polite end.
_LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass
class Struck:
    """The faults that hit one request, by kind."""

    faults: list[Fault] = field(default_factory=list)

    def get(self, kind: str) -> Fault | None:
        return next((fault for fault in self.faults if fault.kind == kind), None)

    def answer(self) -> Reply | None:
        """Find an answer that takes the place of the real one."""
        found = next((fault for fault in self.faults if fault.kind in ANSWERS), None)
        return None if found is None else Reply(*ANSWERS[found.kind])

    def seconds(self) -> float:
        """Time to wait before the answer."""
        return sum(fault.seconds for fault in self.faults)

    def headers(self) -> dict[str, str]:
        waits = [fault.retry_after for fault in self.faults if fault.retry_after is not None]
        return {"Retry-After": str(waits[0])} if waits else {}

    def changes_body(self) -> bool:
        return any(fault.kind in _CHANGES_BODY for fault in self.faults)


async def deliver(request: web.BaseRequest, reply: Reply, struck: Struck, seen: Seen) -> web.StreamResponse:
    seen.status = reply.status
    if reply.pieces is None and not struck.changes_body():
        seen.bytes = len(reply.body)
        return web.Response(
            status=reply.status, body=reply.body, content_type=reply.content_type, headers=struck.headers()
        )
    return await _streamed(request, reply, struck, seen)


async def _streamed(request: web.BaseRequest, reply: Reply, struck: Struck, seen: Seen) -> web.StreamResponse:
    pieces = _cut(reply.pieces if reply.pieces is not None else iter([_whole(reply.body)]), struck)
    response = web.StreamResponse(status=reply.status, headers=struck.headers())
    response.content_type = reply.content_type
    if request.version >= HttpVersion11:
        response.enable_chunked_encoding()
    drip, reset = struck.get("drip"), struck.get("reset")
    try:
        await response.prepare(request)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            seen.bytes += len(piece.data)
            if drip is not None:
                await _drip(response, piece, drip.bytes_per_second)
            else:
                await response.write(piece.data)
        if reset is not None:
            _reset(request)
        else:
            await response.write_eof()
    except Refused:
        # Half of the answer is out; the only honest end is a broken one.
        _reset(request)
    except ConnectionError:
        # The client has left, as clients may; the log keeps how much it was sent.
        pass
    return response


def _whole(body: bytes) -> Piece:
    """Make one piece of a body; in a bare array the rows are told apart, so that it can end between them."""
    try:
        rows = msgspec.json.decode(body, type=list[msgspec.Raw])
    except msgspec.DecodeError:
        return Piece(body, ())
    return Piece(body, list(accumulate(len(bytes(row)) + 1 for row in rows)))


async def _drip(response: web.StreamResponse, piece: Piece, bytes_per_second: int) -> None:
    size = max(1, bytes_per_second // _DRIPS_PER_SECOND)
    for start in range(0, len(piece.data), size):
        await response.write(bytes(piece.data[start : start + size]))
        await asyncio.sleep(1 / _DRIPS_PER_SECOND)


def _reset(request: web.BaseRequest) -> None:
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()


def _cut(pieces: Iterator[Piece], struck: Struck) -> Iterator[Piece]:
    for kind in ("reset", "truncate", "truncate_between"):
        fault = struck.get(kind)
        if fault is not None:
            return _shortened(pieces, fault)
    return pieces


def _shortened(pieces: Iterator[Piece], fault: Fault) -> Iterator[Piece]:
    """Stop after some bytes, and before the end in any case, so that something is always missing."""
    left = fault.after_bytes
    for piece, is_last in _marked(pieces):
        place = _place(piece, left, fault.kind, is_last=is_last)
        if place is not None:
            yield Piece(piece.data[:place], ())
            return
        yield piece
        left -= len(piece.data)


def _place(piece: Piece, left: int, kind: str, *, is_last: bool) -> int | None:
    """Find where in this piece to stop; None to go on."""
    ends = [int(end) for end in piece.ends]
    last = ends[-1] if ends else len(piece.data)
    if kind == "truncate_between":
        return next((end for end in ends if end >= left), last if is_last else None)
    if left >= len(piece.data) and not is_last:
        return None
    place = min(left, last - 1)
    if kind == "truncate" and ends and place in (0, *ends):
        # Not between two rows: in the first, or just before the end of one.
        return place - 1 if place else 1
    return place


def _marked(pieces: Iterable[Piece]) -> Iterator[tuple[Piece, bool]]:
    """Tell the last piece; what follows the last row is part of it."""
    waiting: Piece | None = None
    for piece in pieces:
        if waiting is None:
            waiting = piece
        elif len(waiting.ends) and not len(piece.ends):
            waiting = Piece(b"".join((waiting.data, piece.data)), waiting.ends)
        else:
            yield waiting, False
            waiting = piece
    if waiting is not None:
        yield waiting, True
