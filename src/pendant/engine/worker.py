"""Runs runs in this process: waiting ones on a few threads, one at a time for whoever waits for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import replace
from datetime import timedelta

import pyarrow as pa

from pendant.app import App
from pendant.engine.execution import Execution
from pendant.engine.handover import Handover
from pendant.engine.owner import RunLocks
from pendant.errors import Conflict, NotFound, PendantError
from pendant.model.run import GOOD, Progress, Run, RunEvent, RunState, next_state
from pendant.store import runs

RUNS_AT_ONCE = 2
LISTEN_EVERY_SECONDS = 0.1
# Whoever has just recorded a run hands it to a worker at once; only later is it an orphan.
FRESH = timedelta(seconds=30)

Listener = Callable[[Progress], None]
_log = logging.getLogger(__name__)


class Worker:
    """Safe to use from several threads. `close` stops what runs; such runs are queued and go on at `recover`."""

    def __init__(self, app: App) -> None:
        # Arrow's own allocator keeps 50 MB more than it uses while several threads come and go, and is no faster here.
        pa.set_memory_pool(pa.system_memory_pool())
        self._app = app
        self._locks = RunLocks(app.settings.data_dir)
        self._pool = ThreadPoolExecutor(RUNS_AT_ONCE, thread_name_prefix="run")
        self._lock = threading.Lock()
        self._executions: dict[str, Execution] = {}
        self._waiting: dict[str, Future[None]] = {}
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    def run_now(self, run_id: str, listener: Listener) -> Run:
        """Run a queued run to its end and return it; `listener` is told how far it is, at most ten times a second.

        A KeyboardInterrupt cancels the run, and is raised again when it has been cleaned up.
        """
        execution = self._claim(run_id)
        ended: Future[Run] = Future()
        threading.Thread(target=self._execute_into, args=(execution, ended), name="run-now", daemon=True).start()
        try:
            return _listening(execution, ended, listener)
        except BaseException:
            execution.stop(RunEvent.CANCEL)
            ended.result()
            raise

    def stream(self, run_id: str) -> pa.RecordBatchReader:
        """Run a queued run of the target READER while its rows are read; nobody reading lets it wait.

        Errors of the run are raised by the reader. Letting go of the reader before its end cancels the run.
        """
        handover = Handover(self._app.settings.data_dir / "readers", run_id)
        execution = self._claim(run_id, handover)
        ended: Future[Run] = Future()
        threading.Thread(target=self._execute_into, args=(execution, ended), name="run-read", daemon=True).start()
        schema = handover.schema()
        if schema is None:
            raise _failure(ended.result())
        return pa.RecordBatchReader.from_batches(schema, _Rows(handover, execution, ended))

    def submit(self, run_id: str) -> None:
        """Run it as soon as a thread is free; its outcome is in the store. Raises Conflict when it is not queued."""
        execution = self._claim(run_id)
        with self._lock:
            self._waiting[run_id] = self._pool.submit(self._execute, run_id, execution)

    def progress(self, run_id: str) -> Progress | None:
        """Say how far a run of this worker is; None when it is not one."""
        with self._lock:
            execution = self._executions.get(run_id)
        return execution.progress() if execution else None

    def cancel(self, run_id: str) -> bool:
        """Ask a run of this worker to stop for good; False when it is not one. It ends within a moment."""
        with self._lock:
            execution = self._executions.get(run_id)
        if execution is None:
            return False
        self._stop(run_id, execution, RunEvent.CANCEL)
        return True

    def recover(self) -> list[str]:
        """Take over what dead processes left behind: queue it again and run it; return the ids of those runs."""
        unfinished = [run for state in _UNFINISHED for run in self._recent(state)]
        return [run.id for run in unfinished if not self._is_fresh(run) and self._take_over(run)]

    def close(self) -> None:
        self._closed = True
        with self._lock:
            executions = dict(self._executions)
        for run_id, execution in executions.items():
            self._stop(run_id, execution, RunEvent.STOP)
        self._pool.shutdown(wait=True)

    def _stop(self, run_id: str, execution: Execution, event: RunEvent) -> None:
        execution.stop(event)
        with self._lock:
            waiting = self._waiting.pop(run_id, None)
        if waiting is not None and waiting.cancel():
            # No thread will ever take it: told to stop, it only records that.
            execution.run()

    def _recent(self, state: RunState) -> list[Run]:
        with self._app.database.read() as tx:
            return runs.recent(tx, state=state, limit=1000)

    def _is_fresh(self, run: Run) -> bool:
        if run.state is not RunState.QUEUED:
            return False
        return run.created_at is not None and run.created_at > self._app.clock.now() - FRESH

    def _take_over(self, run: Run) -> bool:
        if requeued(self._app, run.id) is None:
            return False
        self.submit(run.id)
        return True

    def _claim(self, run_id: str, handover: Handover | None = None) -> Execution:
        """Take a queued run: with the file lock against other processes, then by its state."""
        handle = self._locks.take(run_id)
        if handle is None:
            raise _not_queued(run_id)
        try:
            run = self._queued(run_id)
        except BaseException:
            self._locks.give_back(run_id, handle)
            raise
        execution = Execution(self._app, run, lambda: self._ended(run_id, handle), handover)
        with self._lock:
            self._executions[run_id] = execution
        return execution

    def _queued(self, run_id: str) -> Run:
        with self._app.database.read() as tx:
            run = runs.get(tx, run_id)
        if run is None:
            raise NotFound("run_unknown", f"There is no run {run_id}.", hint="List them with: pendant runs list")
        if run.state is not RunState.QUEUED:
            raise _not_queued(run_id)
        return run

    def _ended(self, run_id: str, handle: int) -> None:
        with self._lock:
            self._executions.pop(run_id, None)
        self._locks.give_back(run_id, handle)

    def _execute_into(self, execution: Execution, ended: Future[Run]) -> None:
        try:
            ended.set_result(execution.run())
        except BaseException as problem:  # noqa: BLE001 - raised again on the thread that waits
            ended.set_exception(problem)

    def _execute(self, run_id: str, execution: Execution) -> None:
        with self._lock:
            self._waiting.pop(run_id, None)
        try:
            execution.run()
        except Exception:  # noqa: BLE001 - only the state database can fail here; the pool would keep it to itself
            _log.exception("a run could not be recorded")


_UNFINISHED = (RunState.RUNNING, RunState.WAITING, RunState.QUEUED)


def requeued(app: App, run_id: str) -> Run | None:
    """Queue a run again that a dead process left behind; None when somebody has it, or it has ended."""
    locks = RunLocks(app.settings.data_dir)
    handle = locks.take(run_id)
    if handle is None:
        return None
    locks.give_back(run_id, handle)
    with app.database.begin() as tx:
        current = runs.get(tx, run_id)
        if current is None or current.state not in _UNFINISHED:
            return None
        again = restarted(current)
        runs.save(tx, again)
        return again


def restarted(run: Run) -> Run:
    """Return the run as it stands when its process has ended under it."""
    return replace(run, state=next_state(run.state, RunEvent.STOP), started_at=None)


class _Rows:
    """The rows of a run, which is cancelled when nobody holds this any more: a generator that was never asked for
    anything would not hear of that.
    """

    def __init__(self, handover: Handover, execution: Execution, ended: Future[Run]) -> None:
        self._batches = handover.batches()
        self._execution = execution
        self._ended = ended

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self

    def __next__(self) -> pa.RecordBatch:
        try:
            return next(self._batches)
        except StopIteration:
            run = self._ended.result()
            if run.state not in GOOD:
                raise _failure(run) from None
            raise

    def __del__(self) -> None:
        self._execution.stop(RunEvent.CANCEL)
        self._ended.result()


def _failure(run: Run) -> PendantError:
    return PendantError(run.error_code or run.state.value, run.reason or f"The run is {run.state.value}.")


def _listening(execution: Execution, ended: Future[Run], listener: Listener) -> Run:
    while True:
        try:
            run = ended.result(timeout=LISTEN_EVERY_SECONDS)
        except StillRunning:
            listener(execution.progress())
        else:
            listener(execution.progress())
            return run


def _not_queued(run_id: str) -> Conflict:
    return Conflict(
        "run_not_queued",
        f"The run {run_id[:8]} runs already, or has ended.",
        hint=f"Look at it with: pendant runs show {run_id[:8]}",
    )
