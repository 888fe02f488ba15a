"""Counts what happens in one run, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pendant.model.clock import Clock
from pendant.model.run import Note

UNDECLARED_MAX = 200


@dataclass(frozen=True, slots=True)
class Counted:
    requests: int = 0
    retries: int = 0
    bytes_read: int = 0
    rows_read: int = 0
    rows_written: int = 0


class Tally:
    """Implements RunMeter. Rows of an attempt that failed are taken back, so that they count once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counted = Counted()
        self._notes: dict[str, Note] = {}
        self._undeclared: set[str] = set()
        self._waiting = ("", 0.0)

    def request_sent(self) -> None:
        self._add(requests=1)

    def retried(self, reason: str, wait_seconds: float) -> None:
        self._add(retries=1)
        with self._lock:
            self._waiting = (reason, self._clock.monotonic() + wait_seconds)

    def bytes_received(self, count: int) -> None:
        self._add(bytes_read=count)

    def rows_read(self, count: int) -> None:
        self._add(rows_read=count)

    def rows_written(self, count: int) -> None:
        self._add(rows_written=count)

    def undeclared(self, fields: Iterable[str]) -> None:
        """Keep so many at most: where keys are data, there is no end of them."""
        with self._lock:
            if len(self._undeclared) < UNDECLARED_MAX:
                self._undeclared.update(fields)

    def note(self, note: Note) -> None:
        with self._lock:
            known = self._notes.get(note.code)
            self._notes[note.code] = replace(known, count=known.count + note.count) if known else note

    @property
    def counted(self) -> Counted:
        return self._counted

    @property
    def met(self) -> frozenset[str]:
        """Return the fields that came and that no column declares."""
        with self._lock:
            return frozenset(self._undeclared)

    @property
    def notes(self) -> tuple[Note, ...]:
        with self._lock:
            return tuple(self._notes.values())

    @property
    def waiting_for(self) -> str:
        """Say what the run waits for before it tries again, or nothing."""
        reason, until = self._waiting
        return reason if self._clock.monotonic() < until else ""

    def _add(self, **more: int) -> None:
        with self._lock:
            changed = {name: getattr(self._counted, name) + count for name, count in more.items()}
            self._counted = replace(self._counted, **changed)


class Attempt:
    """The meter of one attempt at one slice: passes everything on, and knows what to take back."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._rows_read = 0
        self._rows_written = 0

    def request_sent(self) -> None:
        self._tally.request_sent()

    def retried(self, reason: str, wait_seconds: float) -> None:
        self._tally.retried(reason, wait_seconds)

    def bytes_received(self, count: int) -> None:
        self._tally.bytes_received(count)

    def rows_read(self, count: int) -> None:
        self._rows_read += count
        self._tally.rows_read(count)

    def rows_written(self, count: int) -> None:
        self._rows_written += count
        self._tally.rows_written(count)

    def undeclared(self, fields: Iterable[str]) -> None:
        self._tally.undeclared(fields)

    def note(self, note: Note) -> None:
        self._tally.note(note)

    def take_back(self) -> None:
        self._tally.rows_read(-self._rows_read)
        self._tally.rows_written(-self._rows_written)
        self._rows_read = self._rows_written = 0
