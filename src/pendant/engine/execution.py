"""One execution of one run, from its definition to its recorded outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from pendant.app import App
from pendant.connectors import open_source
from pendant.connectors.destinations import open_destination
from pendant.engine.halt import Halt, Halted
from pendant.engine.ledger import StoredLedger
from pendant.engine.meter import Tally
from pendant.engine.pipeline import Job, run
from pendant.engine.slices import Ends
from pendant.engine.targets import system_of
from pendant.errors import NotFound, PendantError
from pendant.model.connection import Connection
from pendant.model.export import Export
from pendant.model.pipeline import Written
from pendant.model.run import Progress, Run, RunEvent, RunState, next_state
from pendant.store import connections, runs
from pendant.transform.sql import transformation

# Converting holds the interpreter, so that more slices at once would only hold more memory, some 30 MB each.
CONCURRENCY_MAX = 2

_log = logging.getLogger(__name__)


class Execution:
    """`run` is called once; the rest from any thread."""

    def __init__(self, app: App, queued: Run, on_end: Callable[[], None]) -> None:
        self._app = app
        self._tally = Tally(app.clock)
        self._ledger = StoredLedger(app.database, _fresh(queued), self._tally)
        self._halt = Halt()
        self._way_out = app.egress.branch()
        self._stopped_by: RunEvent | None = None
        self._on_end = on_end
        self._began = app.clock.monotonic()

    def stop(self, event: RunEvent) -> None:
        """Ask it to end: CANCEL for good, STOP to be queued again. The first wish counts."""
        self._stopped_by = self._stopped_by or event
        self._halt.set()
        # Whoever waits for an answer looks at no flag.
        self._way_out.close()

    def run(self) -> Run:
        """Run it and record how it ended; only a failing state database raises."""
        try:
            return self._recorded()
        finally:
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
        export = export_of(asked.definition)
        connection = self._connection(asked)
        source = open_source(self._app.catalogue, self._way_out, connection, export, self._tally)
        ends = Ends(
            source=source,
            transformation=transformation(source.schema, select=export.select, filter=export.filter),
            destination=open_destination(
                export,
                run_id=asked.id,
                may_replace=may_replace,
                note=self._tally.note,
                system=system_of(self._app, export.target, self._way_out),
            ),
        )
        concurrency = min(connection.http.concurrency_level, CONCURRENCY_MAX)
        return run(
            Job(
                ends=ends,
                ledger=self._ledger,
                tally=self._tally,
                halt=self._halt,
                clock=self._app.clock,
                concurrency=concurrency,
                limit=export.limit,
            )
        )

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
        if export_of(asked.definition).replace:
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
                duration_ms=milliseconds,
            )

        return self._ledger.change(ended)


def export_of(definition: dict[str, Any]) -> Export:
    """Return the export whose `as_json` this is."""
    return Export(
        **definition
        | {
            "since": _moment(definition.get("since")),
            "until": _moment(definition.get("until")),
            "apps": tuple(definition.get("apps", ())),
        }
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _fresh(queued: Run) -> Run:
    """Let a run that is done again count from nothing."""
    return replace(queued, slices_total=0, slices_done=0, rows_read=0, rows_written=0, rows_expected=None)
