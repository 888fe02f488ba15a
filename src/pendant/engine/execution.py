"""One execution of one run, from its definition to its recorded outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pyarrow as pa

from pendant.app import App
from pendant.engine.drift import Habit, habit_of
from pendant.engine.ends import ends_for, load_of, resource_for, shape_of, source_for
from pendant.engine.halt import Halt, Halted
from pendant.engine.handover import Handover
from pendant.engine.ledger import StoredLedger
from pendant.engine.meter import Tally
from pendant.engine.pipeline import Job, run
from pendant.engine.position import Course, course_of, refuse_missing_target
from pendant.engine.restated import WatchedSource
from pendant.engine.targets import system_of
from pendant.engine.turns import TakingTurns
from pendant.errors import NotFound, PendantError
from pendant.model.connection import Connection
from pendant.model.export import Export
from pendant.model.pipeline import Source, Written
from pendant.model.run import Note, Progress, Run, RunEvent, RunState, next_state
from pendant.store import connections, runs
from pendant.store.transaction import Transaction

# So many slices wait for an answer at once. Converting holds the interpreter, so that more of them at work would only
# hold more memory, some 30 MB each.
SLICES_AT_ONCE = 8
READ_AT_ONCE = 2

_log = logging.getLogger(__name__)


class Execution:
    """`run` is called once; the rest from any thread."""

    def __init__(self, app: App, queued: Run, on_end: Callable[[], None], handover: Handover | None = None) -> None:
        self._app = app
        self._tally = Tally(app.clock)
        self._ledger = StoredLedger(app.database, _fresh(queued), self._tally)
        self._handover = handover
        self._halt = handover.halt if handover else Halt()
        self._way_out = app.egress.branch()
        self._stopped_by: RunEvent | None = None
        self._course: Course | None = None
        self._watched: WatchedSource | None = None
        self._habit: Habit | None = None
        self._schema: pa.Schema | None = None
        self._on_end = on_end
        self._began = app.clock.monotonic()

    def stop(self, event: RunEvent) -> None:
        """Ask it to end: CANCEL for good, STOP to be queued again. The first wish counts.

        A run whose rows a program reads ends for good with that program.
        """
        event = RunEvent.CANCEL if self._handover else event
        self._stopped_by = self._stopped_by or event
        self._halt.set()
        # Whoever waits for an answer looks at no flag.
        self._way_out.close()

    def run(self) -> Run:
        """Run it and record how it ended; only a failing state database raises."""
        try:
            return self._recorded()
        finally:
            if self._handover:
                self._handover.over()
            self._on_end()

    def progress(self) -> Progress:
        run = self._ledger.run
        counted = self._tally.counted
        return Progress(
            run_id=run.id,
            state=run.state,
            slices_done=run.slices_done,
            slices_total=run.slices_total,
            rows_read=counted.rows_read,
            rows_written=counted.rows_written,
            rows_total=self._ledger.rows_total,
            bytes_read=counted.bytes_read,
            requests=counted.requests,
            retries=counted.retries,
            seconds=self._app.clock.monotonic() - self._began,
            waiting_for=self._tally.waiting_for,
            slices=self._tally.slices,
        )

    def _recorded(self) -> Run:
        self._began = self._app.clock.monotonic()
        try:
            self._halt.check()
            # Asked before the run forgets how far an earlier attempt of its own had come.
            may_replace = self._may_replace(self._ledger.run)
            self._ledger.change(self._started)
            written = self._moved(may_replace=may_replace)
        except Halted:
            return self._end(self._stopped_by or RunEvent.STOP, "")
        except PendantError as problem:
            return self._end(self._stopped_by or RunEvent.FAIL, str(problem), code=problem.code)
        except Exception as problem:  # noqa: BLE001 - a run always has an outcome; the log has the rest
            _log.exception("a run failed unexpectedly", extra={"run": self._ledger.run.id})
            reason = f"Something nobody expected happened ({type(problem).__name__}); the log has the details."
            return self._end(self._stopped_by or RunEvent.FAIL, reason, code="unexpected")
        return self._end(RunEvent.FINISH, "", written=written)

    def _started(self, run: Run) -> Run:
        return replace(run, state=next_state(run.state, RunEvent.START), started_at=self._app.clock.now())

    def _moved(self, *, may_replace: bool) -> Written:
        asked = self._ledger.run
        export = Export.from_json(asked.definition)
        connection = self._connection(asked)
        resource = resource_for(self._app, connection, export)
        course = self._course = course_of(
            self._app, asked.export_id, export, resource, now=asked.created_at or self._app.clock.now()
        )
        if course:
            self._ledger.change(lambda run: replace(run, windows=course.due.spans))
            if not course.due.spans:
                self._tally.note(Note("nothing_due", "There was nothing to read yet, and nothing was written."))
                return Written(0, 0)
        source: Source = source_for(
            self._app,
            TakingTurns(self._way_out, READ_AT_ONCE, self._halt.check),
            connection,
            export,
            self._tally,
            windows=course.due.windows if course else None,
            shape=shape_of(export),
        )
        if course:
            source = self._watched = course.watched(source, resource)
        ends = ends_for(
            source,
            export,
            load_of(export, resource),
            system=system_of(self._app, export.target, self._way_out),
            run_id=asked.id,
            may_replace=may_replace,
            note=self._tally.note,
            reader=self._handover,
            hasher=self._app.vault.hasher,
        )
        if course:
            refuse_missing_target(course, ends.destination)
        written = run(
            Job(
                ends=ends,
                ledger=self._handover.announcing(self._ledger) if self._handover else self._ledger,
                tally=self._tally,
                halt=self._halt,
                clock=self._app.clock,
                concurrency=min(connection.http.concurrency_level, SLICES_AT_ONCE),
                limit=export.limit,
                horizon=timedelta(hours=export.delays.horizon_hours),
            )
        )
        self._habit = habit_of(self._app, asked)
        self._schema = source.schema
        if self._habit:
            for note in self._habit.notes(source.schema, self._ledger.run.rows_read, self._tally.met):
                self._tally.note(note)
        return written

    def _connection(self, asked: Run) -> Connection:
        with self._app.database.read() as tx:
            connection = connections.get(tx, asked.connection_id)
        if connection is None:
            raise NotFound(
                "connection_unknown",
                f"The connection {asked.connection_name} has been deleted.",
                hint="Create it again, and start the export again.",
                field="connection",
            )
        return connection

    def _may_replace(self, asked: Run) -> bool:
        """Allow writing again what this installation wrote for the same export; anything else only if asked for."""
        if Export.from_json(asked.definition).replace:
            return True
        with self._app.database.read() as tx:
            return runs.wrote_target(tx, asked.target, asked.resource, asked.connection_id)

    def _end(self, event: RunEvent, reason: str, *, code: str = "", written: Written | None = None) -> Run:
        milliseconds = round((self._app.clock.monotonic() - self._began) * 1000)

        def ended(run: Run) -> Run:
            state = next_state(run.state, event)
            return replace(
                run,
                state=state,
                reason=reason if state is RunState.FAILED else "",
                error_code=code if state is RunState.FAILED else "",
                finished_at=None if state is RunState.QUEUED else self._app.clock.now(),
                rows_written=written.rows if written else 0,
                bytes_written=written.bytes if written else 0,
                rows_restated=self._restated() if written else None,
                duration_ms=milliseconds,
            )

        return self._ledger.change(ended, also=self._kept if event is RunEvent.FINISH else None)

    def _restated(self) -> int | None:
        return self._course.restated(self._watched.seen()) if self._course and self._watched else None

    def _kept(self, tx: Transaction) -> None:
        """Keep what later runs of the export go by, together with the fact that this one finished."""
        if self._course:
            self._course.move(tx, self._app, self._watched.seen() if self._watched else None)
        if self._habit and self._schema:
            self._habit.keep(tx, self._schema, self._tally.met)


def _fresh(queued: Run) -> Run:
    """Let a run that is done again count from nothing."""
    return replace(queued, slices_total=0, slices_done=0, rows_read=0, rows_written=0, rows_expected=None)
