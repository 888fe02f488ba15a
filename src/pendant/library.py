"""Pendant from a Python program: see `pendant.open`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from pendant.app import App, open_app
from pendant.engine.worker import Worker
from pendant.errors import PendantError
from pendant.model.access import local_actor
from pendant.model.connection import Connection
from pendant.model.export import Export
from pendant.model.run import Run, RunState
from pendant.services import connections, export_runs
from pendant.settings import Settings

_GOOD = frozenset({RunState.FINISHED, RunState.FINISHED_WITH_ERRORS})


class Installation:
    """An open installation. Use it in a `with` block, or close it."""

    def __init__(self, app: App) -> None:
        self._app = app

    def connections(self) -> list[Connection]:
        return connections.find(self._app, local_actor())

    def export(
        self,
        resource: str,
        *,
        connection: str,
        since: datetime | None = None,
        until: datetime | None = None,
        apps: Sequence[str] = (),
        select: str = "",
        filter: str = "",  # noqa: A002 - the word that the command line and the API use
        ids: Sequence[str] = (),
        pipeline: str = "",
    ) -> pa.RecordBatchReader:
        """Export to a reader of Arrow batches. All rows have arrived when it returns, and none of them lies in memory.

        Raises PendantError when the export fails; a reader never ends early.
        """
        with tempfile.TemporaryDirectory(prefix="export-", dir=self._app.settings.data_dir) as folder:
            target = Path(folder) / f"{resource}.parquet"
            asked = Export(resource, connection, str(target), since, until, tuple(apps), select, filter)
            asked = replace(asked, ids=tuple(ids), pipeline=pipeline)
            self._run(export_runs.start(self._app, local_actor(), asked))
            # The open file outlives its folder and goes away with the reader.
            file = target.open("rb")
        return _reader(pq.ParquetFile(file))

    def close(self) -> None:
        self._app.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, place: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, queued: Run) -> None:
        worker = Worker(self._app)
        try:
            run = worker.run_now(queued.id, lambda _: None)
        finally:
            worker.close()
        if run.state not in _GOOD:
            raise PendantError(run.error_code or run.state.value, run.reason or f"The run is {run.state.value}.")


def open_installation() -> Installation:
    return Installation(open_app(Settings.from_environment(os.environ)))


def _reader(file: pq.ParquetFile) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        with file:
            yield from file.iter_batches()

    return pa.RecordBatchReader.from_batches(file.schema_arrow, batches())
