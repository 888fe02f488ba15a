"""One request and its answer: spoken on the loop thread, read on the caller's.

Everything the caller gets comes through one queue, in order: the head, pieces of the body, the end or a failure.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Self

import aiohttp

from pendant.egress.loop import LoopClosedError, LoopThread
from pendant.egress.outgoing import Outgoing
from pendant.egress.verdict import CLOSED, CUT, SILENT, Verdict, of_exception

PIECE_BYTES = 1 << 19
# With aiohttp's own buffer (half a MB), the piece being filled and the one being read: under 3 MB a stream.
WAITING_BYTES_MAX = 1 << 20
CONNECT_SECONDS_MAX = 30.0
_LARGE_BODY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Head:
    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())


class ExchangeError(Exception):
    """The exchange ended with `verdict` instead of an answer, or of the rest of one."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.code)
        self.verdict = verdict


@dataclass(frozen=True, slots=True)
class _Failed:
    verdict: Verdict | None
    kind: str


class Exchange:
    """Use it as a context manager: leaving it early gives the connection up."""

    def __init__(self, loop: LoopThread, session: Callable[[], aiohttp.ClientSession], outgoing: Outgoing) -> None:
        self._loop = loop
        self._session = session
        self._outgoing = outgoing
        self._inbox: SimpleQueue[Head | bytes | _Failed | None] = SimpleQueue()
        self._task: asyncio.Task[None] | None = None
        self._room = asyncio.Event()
        # Each is written by one thread only: the loop's, the caller's, and a flag of the loop's.
        self._sent = 0
        self._taken = 0
        self._full = False
        self._ended = False

    def __enter__(self) -> Self:
        try:
            self._loop.start(self._begin)
        except LoopClosedError:
            raise ExchangeError(CLOSED) from None
        return self

    def __exit__(self, *_: object) -> None:
        if not self._ended:
            self._loop.tell(self._give_up)

    # On the caller's thread.

    def head(self) -> Head:
        """Wait for the answer's first byte of body, or its end: until then everything may still be tried again."""
        item = self._inbox.get()
        if isinstance(item, Head):
            return item
        raise self._error(item, begun=False)

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it was sent, still compressed, each chunk of half a MB or so."""
        while not self._ended:
            item = self._inbox.get()
            if item is None:
                self._ended = True
            elif isinstance(item, bytes):
                self._take(len(item))
                yield item
            else:
                raise self._error(item, begun=True)

    def _take(self, size: int) -> None:
        self._taken += size
        if self._full and self._sent - self._taken <= WAITING_BYTES_MAX // 2:
            self._full = False
            self._loop.tell(self._room.set)

    def _error(self, item: Head | bytes | _Failed | None, *, begun: bool) -> Exception:
        self._ended = True
        if not isinstance(item, _Failed) or item.verdict is None:
            return RuntimeError(f"unexpected {item.kind if isinstance(item, _Failed) else 'order'} in an exchange")
        verdict = item.verdict
        if begun and verdict.code == "connection_broken" and verdict not in (SILENT, CLOSED):
            verdict = CUT
        return ExchangeError(verdict)

    def end(self) -> None:
        """Give it up from any thread; whoever waits for it gets an error."""
        self._loop.tell(self._give_up)

    # On the loop thread.

    def _begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())
        # Not inside the task: one that is cancelled before its first step never runs at all.
        self._task.add_done_callback(self._tell_if_cancelled)

    def _tell_if_cancelled(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            self._inbox.put(_Failed(CLOSED, "cancellation"))

    def _give_up(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            async with asyncio.timeout(self._outgoing.total_seconds) as deadline:
                await self._converse(deadline)
        except Exception as problem:  # noqa: BLE001 - whatever it is, the thread that waits must be told
            self._inbox.put(_Failed(of_exception(problem), type(problem).__name__))
        else:
            self._inbox.put(None)

    async def _converse(self, deadline: asyncio.Timeout) -> None:
        out = self._outgoing
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=min(out.timeout_seconds, CONNECT_SECONDS_MAX), sock_read=out.timeout_seconds
        )
        # A large body is handed over as a file, or aiohttp would write it in one go.
        data = io.BytesIO(out.body) if len(out.body) > _LARGE_BODY_BYTES else out.body or None
        async with self._session().request(
            out.method, out.url, headers=out.headers, data=data, allow_redirects=False, timeout=timeout
        ) as response:
            await self._pass_on(response, deadline)

    async def _pass_on(self, response: aiohttp.ClientResponse, deadline: asyncio.Timeout) -> None:
        read = response.content.readany
        data = await read()
        self._inbox.put(Head(response.status, tuple(response.headers.items())))
        parts: list[bytes] = []
        size = 0
        while data:
            parts.append(data)
            size += len(data)
            if size >= PIECE_BYTES:
                await self._pass_piece(b"".join(parts), deadline)
                parts, size = [], 0
            data = await read()
        if parts:
            await self._pass_piece(b"".join(parts), deadline)

    async def _pass_piece(self, piece: bytes, deadline: asyncio.Timeout) -> None:
        self._sent += len(piece)
        self._inbox.put(piece)
        if self._sent - self._taken > WAITING_BYTES_MAX:
            await self._wait_for_room(deadline)

    async def _wait_for_room(self, deadline: asyncio.Timeout) -> None:
        """Wait for a slow reader; the time it takes is not the other system's."""
        clock = asyncio.get_running_loop().time
        left = (deadline.when() or clock()) - clock()
        deadline.reschedule(None)
        while self._sent - self._taken > WAITING_BYTES_MAX:
            self._room.clear()
            self._full = True
            # Looked at again after the flag is up: a reader that was faster has not seen it.
            if self._sent - self._taken > WAITING_BYTES_MAX:
                await self._room.wait()
        deadline.reschedule(clock() + left)
