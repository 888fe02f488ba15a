"""A run and its slices: what happened, and the one function that moves a run from state to state."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    FINISHED = "finished"
    FINISHED_WITH_ERRORS = "finished_with_errors"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RunEvent(StrEnum):
    """What can happen to a run. `wait` is a rate limit or an offline connection; `stop` is its process ending."""

    START = "start"
    WAIT = "wait"
    GO_ON = "go_on"
    FINISH = "finish"
    FINISH_WITH_ERRORS = "finish_with_errors"
    FAIL = "fail"
    CANCEL = "cancel"
    STOP = "stop"


GOOD = frozenset({RunState.FINISHED, RunState.FINISHED_WITH_ERRORS})
ENDED = frozenset({RunState.FINISHED, RunState.FINISHED_WITH_ERRORS, RunState.FAILED, RunState.CANCELLED})

TRANSITIONS: dict[tuple[RunState, RunEvent], RunState] = {
    (RunState.QUEUED, RunEvent.START): RunState.RUNNING,
    (RunState.QUEUED, RunEvent.CANCEL): RunState.CANCELLED,
    (RunState.QUEUED, RunEvent.FAIL): RunState.FAILED,
    (RunState.RUNNING, RunEvent.WAIT): RunState.WAITING,
    (RunState.RUNNING, RunEvent.FINISH): RunState.FINISHED,
    (RunState.RUNNING, RunEvent.FINISH_WITH_ERRORS): RunState.FINISHED_WITH_ERRORS,
    (RunState.RUNNING, RunEvent.FAIL): RunState.FAILED,
    (RunState.RUNNING, RunEvent.CANCEL): RunState.CANCELLED,
    (RunState.RUNNING, RunEvent.STOP): RunState.QUEUED,
    (RunState.WAITING, RunEvent.GO_ON): RunState.RUNNING,
    (RunState.WAITING, RunEvent.FAIL): RunState.FAILED,
    (RunState.WAITING, RunEvent.CANCEL): RunState.CANCELLED,
    (RunState.WAITING, RunEvent.STOP): RunState.QUEUED,
}


def next_state(state: RunState, event: RunEvent) -> RunState:
    """Return the state after `event`. An event that has no arrow from `state` leaves it as it is: it came late."""
    return TRANSITIONS.get((state, event), state)


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of a run that is read, transformed and committed as a whole; committing it twice is like once.

    `key` is stable between runs of the same definition and safe in a file name. `lower` and `upper` are JSON
    values that only the source understands, but for one thing: a slice of event time has a number there, or a list
    that begins with one, its ms since the epoch [lower, upper).
    """

    key: str
    lower: Any
    upper: Any
    label: str = ""

    @property
    def window(self) -> tuple[int, int] | None:
        """Return the ms [since, until) of event time this slice lies in, or None where it is no window of time."""
        since, until = (end[0] if isinstance(end, list | tuple) and end else end for end in (self.lower, self.upper))
        whole = isinstance(since, int) and isinstance(until, int)
        return (since, until) if whole else None


class SliceState(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    COMMITTED = "committed"
    SPLIT = "split"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SliceRecord:
    """What is kept of a slice. `rows_expected` is the other system's own count for it, where it can be asked;
    `bytes_read` came over the wire, `bytes_written` is what the rows take until they are published.
    """

    slice: Slice
    state: SliceState = SliceState.PLANNED
    rows_read: int = 0
    rows_written: int = 0
    rows_expected: int | None = None
    bytes_read: int = 0
    bytes_written: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should know about a run that went on: `count` times, `message` with one example."""

    code: str
    message: str
    count: int = 1


class Reading(StrEnum):
    """Why a run reads a window of event time."""

    NEW = "new"
    """For the first time."""
    AGAIN = "again"
    """Because it may have changed since."""
    FINAL = "final"
    """For the last time, now that nothing of it can be late any more."""


@dataclass(frozen=True, slots=True)
class Span:
    """Event time [since, until) and why it is read."""

    since: datetime
    until: datetime
    reading: Reading


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a definition. `definition` is the JSON form of the export as it was when the run began.

    `export_id` and `export_name` are those of a stored export. `windows` is what an incremental run reads, and
    `rows_restated` how many of the rows it read again were not as before; None where that cannot be told.
    """

    id: str
    kind: str
    resource: str
    connection_id: str
    connection_name: str
    target: str
    definition: dict[str, Any] = field(repr=False)
    actor: str = ""
    export_id: str | None = None
    export_name: str = ""
    state: RunState = RunState.QUEUED
    reason: str = ""
    error_code: str = ""
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    slices_total: int = 0
    slices_done: int = 0
    rows_read: int = 0
    rows_written: int = 0
    rows_expected: int | None = None
    bytes_read: int = 0
    bytes_written: int = 0
    requests: int = 0
    retries: int = 0
    duration_ms: int = 0
    notes: tuple[Note, ...] = ()
    windows: tuple[Span, ...] = ()
    rows_restated: int | None = None


@dataclass(frozen=True, slots=True)
class RunTotals:
    """Sums over all runs of one resource in one state."""

    resource: str
    state: RunState
    runs: int
    rows_read: int
    rows_written: int
    bytes_read: int
    bytes_written: int
    requests: int
    retries: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a running run, for bars and pages. `rows_total` is an estimate or unknown; `slices` are those that
    are being read at this moment.
    """

    run_id: str
    state: RunState
    slices_done: int
    slices_total: int
    rows_read: int
    rows_written: int
    rows_total: int | None
    bytes_read: int
    requests: int
    retries: int
    seconds: float
    waiting_for: str = ""
    slices: tuple[SliceRecord, ...] = ()

    @property
    def seconds_left(self) -> float | None:
        """Estimate how long it will still take, from how fast it has been; None while nobody can know."""
        done, total = (self.rows_read, self.rows_total) if self.rows_total else (self.slices_done, self.slices_total)
        if not done or not total or not self.seconds:
            return None
        return max(0.0, self.seconds * (total - done) / done)
