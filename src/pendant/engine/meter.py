"""Counts what happens in one run, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from pendant.model.clock import Clock
from pendant.model.run import Note, Slice, SliceRecord, SliceState

# Bytes arrive at the meter of the run, on a thread that reads for one slice and carries along whose it is.
_reading: ContextVar[Attempt | None] = ContextVar("reading", default=None)

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
        self._attempts: dict[str, Attempt] = {}

    def request_sent(self) -> None:
        self._add(requests=1)

    def retried(self, reason: str, wait_seconds: float) -> None:
        self._add(retries=1)
        with self._lock:
            self._waiting = (reason, self._clock.monotonic() + wait_seconds)

    def bytes_received(self, count: int) -> None:
        self._add(bytes_read=count)
        if (attempt := _reading.get()) is not None and attempt.is_of(self):
            attempt.count_bytes(count)

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
    def slices(self) -> tuple[SliceRecord, ...]:
        """Return the slices that are being read, as far as they are."""
        with self._lock:
            attempts = list(self._attempts.values())
        return tuple(attempt.record for attempt in attempts)

    def begin(self, attempt: Attempt, part: Slice) -> None:
        with self._lock:
            self._attempts[part.key] = attempt

    def end(self, part: Slice) -> None:
        with self._lock:
            self._attempts.pop(part.key, None)

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
    """The meter of one attempt at one slice: passes everything on, and knows what to take back.

    Inside `with`, the bytes that this thread and those it starts for reading receive are those of the slice.
    """

    def __init__(self, tally: Tally, part: Slice) -> None:
        self._tally = tally
        self._part = part
        self._lock = threading.Lock()
        self._rows_read = 0
        self._rows_written = 0
        self.bytes_read = 0

    def __enter__(self) -> Self:
        self._token = _reading.set(self)
        self._tally.begin(self, self._part)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, place: TracebackType | None
    ) -> None:
        self._tally.end(self._part)
        _reading.reset(self._token)

    @property
    def record(self) -> SliceRecord:
        return SliceRecord(
            self._part, SliceState.RUNNING, self._rows_read, self._rows_written, bytes_read=self.bytes_read
        )

    def is_of(self, tally: Tally) -> bool:
        return self._tally is tally

    def count_bytes(self, count: int) -> None:
        with self._lock:
            self.bytes_read += count

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
