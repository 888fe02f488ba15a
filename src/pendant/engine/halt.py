"""How a run is told to stop, and how what it is made of says that it did."""

from __future__ import annotations

import threading


class Halted(Exception):
    """Raised inside a run that was told to stop, or whose other slices have failed."""


class Halt:
    """Set from any thread, looked at between batches and while waiting."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        if self._event.is_set():
            raise Halted

    def pause(self, seconds: float) -> None:
        """Wait, unless told to stop; then raise Halted."""
        if self._event.wait(seconds):
            raise Halted
