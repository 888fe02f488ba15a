"""The one way records move: a source's slices, each read, transformed and committed as a whole, then published.

The slice is the checkpoint: the ledger hears of it when the destination holds it durably, never before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from pendant.engine.board import Board
from pendant.engine.halt import Halt
from pendant.engine.meter import Tally
from pendant.engine.slices import Ends, SliceWork
from pendant.errors import SliceTooLarge
from pendant.model.clock import Clock
from pendant.model.pipeline import Written
from pendant.model.run import Slice, SliceRecord


class Ledger(Protocol):
    """Where the slices of a run are kept. Called from several threads."""

    def planned(self, parts: Sequence[Slice]) -> None: ...

    def split(self, part: Slice, halves: Sequence[Slice]) -> None: ...

    def committed(self, record: SliceRecord) -> None: ...

    def failed(self, part: Slice) -> None: ...

    def publishing(self, order: Sequence[Slice]) -> None:
        """Hear that these slices are all there is, and that from now on the target may be the finished one."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """`limit` is the highest number of rows written, 0 for all; `pause` waits between tries (default: really).

    `horizon` is how late data may be: see SliceWork.
    """

    ends: Ends
    ledger: Ledger
    tally: Tally
    halt: Halt
    clock: Clock
    concurrency: int = 4
    limit: int = 0
    horizon: timedelta = timedelta(hours=8)
    pause: Callable[[float], None] | None = None


def run(job: Job) -> Written:
    """Move everything from one end to the other; return what was published.

    Raises what made it impossible, or Halted. The target is then as it was before.
    """
    destination = job.ends.destination
    try:
        destination.ensure_schema(job.ends.transformation.schema)
        parts = job.ends.source.plan()
        job.ledger.planned(parts)
        order = _first_rows(job, parts) if job.limit else _all_rows(job, parts)
        job.halt.check()
        job.ledger.publishing(order)
        return destination.publish(order)
    except BaseException:
        destination.discard()
        raise


def rehearse(ends: Ends) -> None:
    """Put the parts together as a run will and take them apart again: what does not fit is raised at once."""
    try:
        ends.destination.ensure_schema(ends.transformation.schema)
    finally:
        ends.destination.discard()


def _all_rows(job: Job, parts: Sequence[Slice]) -> list[Slice]:
    """Do all slices, several at once; return them in output order."""
    board = Board(parts, job.halt)
    threads = [
        threading.Thread(target=_do_slices, args=(job, board), name=f"slice-writer-{number}", daemon=True)
        for number in range(min(job.concurrency, len(parts)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    board.raise_failure()
    return board.order


def _do_slices(job: Job, board: Board) -> None:
    while (part := board.take()) is not None:
        try:
            outcome = _commit(job, part)
        except BaseException as problem:  # noqa: BLE001 - raised again by the thread that waits for all
            board.fail(problem)
        else:
            if isinstance(outcome, SliceRecord):
                board.done()
            else:
                board.split(part, outcome)


def _first_rows(job: Job, parts: Sequence[Slice]) -> list[Slice]:
    """Do slices one after another until `limit` rows are written; return those that were needed."""
    waiting = list(parts)
    done: list[Slice] = []
    left = job.limit
    while waiting and left:
        part = waiting.pop(0)
        outcome = _commit(job, part, rows_max=left)
        if isinstance(outcome, SliceRecord):
            left -= outcome.rows_written
            done.append(part)
        else:
            waiting[:0] = outcome
    return done


def _commit(job: Job, part: Slice, rows_max: int | None = None) -> SliceRecord | tuple[Slice, Slice]:
    """Return the record of a committed slice, or the halves that take the place of one that was too large."""
    work = SliceWork(
        job.ends,
        tally=job.tally,
        halt=job.halt,
        clock=job.clock,
        horizon=job.horizon,
        pause=job.pause or job.halt.pause,
    )
    try:
        record = work.commit(part, rows_max=rows_max)
    except SliceTooLarge:
        halves = job.ends.source.split(part)
        if halves is None:
            job.ledger.failed(part)
            raise
        job.ledger.split(part, halves)
        return halves
    except BaseException:
        job.ledger.failed(part)
        raise
    job.ledger.committed(record)
    return record
