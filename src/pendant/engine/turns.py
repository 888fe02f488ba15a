"""Many slices may wait for an answer at once, and few may read one: what is read takes memory and the interpreter."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from pendant.model.connection import Connection
from pendant.model.http import Answer, Body, Channel, Meter, Request, WayOut
from pendant.model.secret import Secret

_LOOK_UP_SECONDS = 0.1


class TakingTurns:
    """Implements model.http.WayOut: hands out channels of which only so many read a streamed body at the same time.

    `check` is called now and then by whoever waits for a turn; what it raises ends the exchange.
    """

    def __init__(self, way_out: WayOut, turns: int, check: Callable[[], None]) -> None:
        self._way_out = way_out
        self._turns = threading.Semaphore(turns)
        self._check = check
        self._held = threading.local()

    def channel(self, connection: Connection, *, token: Secret | None = None, meter: Meter | None = None) -> Channel:
        return _Channel(self._way_out.channel(connection, token=token, meter=meter), self)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold a turn. Whoever has one already, and asks something else meanwhile, does not wait for another."""
        if getattr(self._held, "turn", False):
            yield
            return
        while not self._turns.acquire(timeout=_LOOK_UP_SECONDS):
            self._check()
        self._held.turn = True
        try:
            yield
        finally:
            self._held.turn = False
            self._turns.release()


class _Channel:
    """Implements model.http.Channel."""

    def __init__(self, channel: Channel, turns: TakingTurns) -> None:
        self._channel = channel
        self._turns = turns

    def call(self, request: Request) -> Answer:
        return self._channel.call(request)

    def stream(self, request: Request) -> AbstractContextManager[Body]:
        return self._streamed(request)

    @contextmanager
    def _streamed(self, request: Request) -> Iterator[Body]:
        """Wait for the turn when the answer has begun: the other system works while others are read."""
        with self._channel.stream(request) as body, self._turns.turn():
            yield body
