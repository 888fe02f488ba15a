"""The checkpoints of a run, in the state database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from pendant.engine.meter import Tally
from pendant.model.run import Run, Slice, SliceRecord, SliceState
from pendant.store import runs
from pendant.store.database import Database
from pendant.store.transaction import Transaction


class StoredLedger:
    """Implements pipeline.Ledger: what is known of a run changes in the same transaction as its slice."""

    def __init__(self, database: Database, run: Run, tally: Tally) -> None:
        self._database = database
        self._tally = tally
        self._run = run
        self._expected_known = True
        self._lock = threading.Lock()

    @property
    def run(self) -> Run:
        return self._run

    @property
    def rows_total(self) -> int | None:
        """Estimate all rows of the run from the slices that are done; None before the first."""
        run = self._run
        if not run.slices_done or not run.rows_expected:
            return None
        return run.rows_expected * run.slices_total // run.slices_done

    def planned(self, parts: Sequence[Slice]) -> None:
        records = [SliceRecord(slice=part) for part in parts]
        with self._lock, self._database.begin() as tx:
            # A run that is done again begins anew: slices of its first attempt are not its own.
            runs.drop_slices(tx, self._run.id)
            runs.put_slices(tx, self._run.id, records)
            self._run = replace(self._run, slices_total=len(parts))
            runs.save(tx, self._run)

    def split(self, part: Slice, halves: Sequence[Slice]) -> None:
        records = [SliceRecord(slice=part, state=SliceState.SPLIT), *(SliceRecord(slice=half) for half in halves)]
        with self._lock, self._database.begin() as tx:
            runs.put_slices(tx, self._run.id, records)
            self._run = replace(self._run, slices_total=self._run.slices_total + len(halves) - 1)
            runs.save(tx, self._run)

    def committed(self, record: SliceRecord) -> None:
        with self._lock, self._database.begin() as tx:
            runs.save_slice(tx, self._run.id, record)
            self._expected_known = self._expected_known and record.rows_expected is not None
            self._run = replace(
                self._run,
                slices_done=self._run.slices_done + 1,
                rows_read=self._run.rows_read + record.rows_read,
                rows_written=self._run.rows_written + record.rows_written,
                rows_expected=(self._run.rows_expected or 0) + (record.rows_expected or 0)
                if self._expected_known
                else None,
            )
            runs.save(tx, self._run)

    def failed(self, part: Slice) -> None:
        with self._lock, self._database.begin() as tx:
            runs.save_slice(tx, self._run.id, SliceRecord(slice=part, state=SliceState.FAILED))

    def publishing(self, order: Sequence[Slice]) -> None:
        """Leave out the slices that a limit made needless; a run all of whose slices are done is one that publishes."""
        if self._run.slices_total == len(order):
            return
        with self._lock, self._database.begin() as tx:
            runs.drop_planned_slices(tx, self._run.id)
            self._run = replace(self._run, slices_total=len(order))
            runs.save(tx, self._run)

    def change(self, changed: Callable[[Run], Run], *, also: Callable[[Transaction], None] | None = None) -> Run:
        """Save a change of the run itself with what was counted so far, and what else belongs to that moment."""
        with self._lock, self._database.begin() as tx:
            counted = self._tally.counted
            self._run = replace(
                changed(self._run),
                bytes_read=counted.bytes_read,
                requests=counted.requests,
                retries=counted.retries,
                notes=self._tally.notes,
            )
            runs.save(tx, self._run)
            if also:
                also(tx)
            return self._run
