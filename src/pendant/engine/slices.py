"""One slice: read, transformed, stored, compared with the other system's own count; again where that may help."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from pendant.ahead import read_ahead
from pendant.engine.halt import Halt
from pendant.engine.meter import Attempt, Tally
from pendant.errors import BrokenAnswer, RemoteProblem, ServerTrouble, SliceTooLarge, Unreachable
from pendant.model.clock import Clock
from pendant.model.pipeline import Destination, Source, Transformation, Written
from pendant.model.run import Note, Slice, SliceRecord, SliceState

RETRIES_MAX = 5
PAUSE_SECONDS = 1.0
PAUSE_SECONDS_MAX = 60.0
_WORTH_ANOTHER_TRY = (Unreachable, BrokenAnswer, ServerTrouble)


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of a run and what stands between them."""

    source: Source
    transformation: Transformation
    destination: Destination


class SliceWork:
    """Does slices of one run, each to its end. Safe to use from several threads for different slices.

    What happened less than `horizon` ago may still arrive: a count that differs then is no fault of anybody.
    """

    def __init__(
        self, ends: Ends, *, tally: Tally, halt: Halt, clock: Clock, horizon: timedelta, pause: Callable[[float], None]
    ) -> None:
        self._ends = ends
        self._tally = tally
        self._halt = halt
        self._clock = clock
        self._horizon = horizon
        self._pause = pause

    def commit(self, part: Slice, *, rows_max: int | None = None) -> SliceRecord:
        """Store a slice, or its first `rows_max` rows; return what is to be kept of it.

        Raises SliceTooLarge (nothing is stored then), Halted, or the error that no further try would help.
        """
        expected = None if rows_max is not None else self._count(part)
        record = self._stored(part, rows_max)
        if expected is not None and expected != record.rows_read:
            record, expected = self._stored_again(part, record)
        return replace(record, state=SliceState.COMMITTED, rows_expected=expected)

    def _stored_again(self, part: Slice, record: SliceRecord) -> tuple[SliceRecord, int | None]:
        """Rows may have come or gone while the slice was read: count anew, then read anew once."""
        expected = self._count(part)
        if expected in (None, record.rows_read):
            return record, expected
        self._tally.rows_read(-record.rows_read)
        self._tally.rows_written(-record.rows_written)
        record = self._stored(part, None)
        expected = self._count(part)
        if expected not in (None, record.rows_read):
            self._differs(part, record.rows_read, expected)
        return record, expected

    def _differs(self, part: Slice, rows: int, expected: int | None) -> None:
        message = f"{rows:,} rows were read for {part.label or part.key}, where the other system counts {expected:,}"
        if self._still_arriving(part):
            self._tally.note(Note("rows_differ", f"{message}; its data is still arriving."))
            return
        raise RemoteProblem(
            "rows_differ",
            f"{message}, twice in a row.",
            hint="Run the export again; if it happens again, the other system does not answer completely.",
        )

    def _still_arriving(self, part: Slice) -> bool:
        """Say whether a slice reaches into the horizon. One that is no window of time shows how things are now."""
        if part.window is None:
            return True
        return datetime.fromtimestamp(part.window[1] / 1000, UTC) > self._clock.now() - self._horizon

    def _count(self, part: Slice) -> int | None:
        self._halt.check()
        try:
            return self._ends.source.count(part)
        except (*_WORTH_ANOTHER_TRY, SliceTooLarge) as problem:
            # The count is a check of the rows, not one of them: an export is not lost for it.
            self._tally.note(Note("count_unavailable", f"The other system did not count its rows: {problem.message}"))
            return None

    def _stored(self, part: Slice, rows_max: int | None) -> SliceRecord:
        for tries in range(RETRIES_MAX):
            try:
                return self._stored_once(part, rows_max)
            except _WORTH_ANOTHER_TRY as problem:
                self._wait_before_next(problem, tries)
        return self._stored_once(part, rows_max)

    def _wait_before_next(self, problem: RemoteProblem, tries: int) -> None:
        seconds = min(PAUSE_SECONDS_MAX, PAUSE_SECONDS * 2**tries)
        self._tally.retried(problem.message, seconds)
        self._pause(seconds)

    def _stored_once(self, part: Slice, rows_max: int | None) -> SliceRecord:
        attempt = Attempt(self._tally, part)
        reading = _Reading(attempt, rows_max)
        with attempt:
            written = self._moved(part, attempt, reading)
        return SliceRecord(
            slice=part,
            rows_read=reading.rows,
            rows_written=written.rows,
            bytes_read=attempt.bytes_read,
            bytes_written=written.bytes,
        )

    def _moved(self, part: Slice, attempt: Attempt, reading: _Reading) -> Written:
        try:
            reading_ahead = read_ahead(
                lambda: self._ends.source.read(part, attempt), name="slice-reader", check=self._halt.check
            )
            with closing(reading_ahead) as rows:
                transformed = self._ends.transformation.apply(reading.counted(rows))
                return self._ends.destination.replace_slice(part, reading.limited(transformed))
        except BaseException:
            attempt.take_back()
            raise


class _Reading:
    """Counts the rows of one attempt at both ends, and ends it when enough have passed."""

    def __init__(self, attempt: Attempt, rows_max: int | None) -> None:
        self.rows = 0
        self._attempt = attempt
        self._left = rows_max

    def counted(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            self.rows += batch.num_rows
            yield batch

    def limited(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        while self._left != 0 and (batch := next(batches, None)) is not None:
            kept = batch if self._left is None else batch.slice(0, self._left)
            if self._left is not None:
                self._left -= kept.num_rows
            self._attempt.rows_written(kept.num_rows)
            yield kept
