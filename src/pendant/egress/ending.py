"""How exchanges and waits are ended from another thread: all of an Egress, or those of one branch of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pendant.egress.exchange import Exchange, ExchangeError
from pendant.egress.verdict import CLOSED

LOOK_UP_SECONDS = 0.1


class Ending:
    """Shared by the channels that end together. `pause` waits in place of the real thing, for tests."""

    def __init__(self, pause: Callable[[float], None] | None = None) -> None:
        self._over = threading.Event()
        self._wait: Callable[[float], object] = pause or self._over.wait
        self._lock = threading.Lock()
        self._exchanges: set[Exchange] = set()

    def end(self) -> None:
        """End what is under way and refuse what comes; whoever is in one gets an error at once."""
        with self._lock:
            self._over.set()
            exchanges = list(self._exchanges)
        for exchange in exchanges:
            exchange.end()

    def check(self) -> None:
        if self._over.is_set():
            raise ExchangeError(CLOSED)

    def pause(self, seconds: float) -> None:
        self._wait(seconds)

    def acquire(self, places: threading.Semaphore) -> None:
        """Wait for a place; raise ExchangeError when it is over before there is one."""
        self.check()
        while not places.acquire(timeout=LOOK_UP_SECONDS):
            self.check()

    @contextmanager
    def watching(self, exchange: Exchange) -> Iterator[Exchange]:
        self.check()
        with exchange:
            with self._lock:
                self.check()
                self._exchanges.add(exchange)
            try:
                yield exchange
            finally:
                with self._lock:
                    self._exchanges.remove(exchange)
