"""Pendant from a Python program: see `pendant.open`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Self

import pyarrow as pa

from pendant.app import App, open_app
from pendant.connectors.declaration import Resource
from pendant.engine.ends import resource_for
from pendant.engine.worker import Worker
from pendant.model.access import local_actor
from pendant.model.connection import Connection
from pendant.model.export import READER, Export
from pendant.services import connections, export_runs
from pendant.services.lookup import resolve
from pendant.settings import Settings

PROGRAM = "program"


class Installation:
    """An open installation. Use it in a `with` block, or close it: what is still being read then ends."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._worker = Worker(app)

    def connections(self) -> list[Connection]:
        return connections.find(self._app, local_actor(PROGRAM))

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
        """Export to a reader of Arrow batches, which come in order while the run goes on.

        It runs a few slices ahead of whoever reads, and waits then. The reader raises PendantError where the run
        fails, and never ends early. Letting go of it before its end cancels the run.
        """
        asked = Export(resource, connection, READER, since, until, tuple(apps), select, filter)
        asked = replace(asked, ids=tuple(ids), pipeline=pipeline)
        return self._worker.stream(export_runs.start(self._app, local_actor(PROGRAM), asked).id)

    def resource(self, name: str, *, connection: str) -> Resource:
        """Return what is declared of a resource: its key, its time."""
        found = resolve(self._app, connection)
        return resource_for(self._app, found, Export(name, connection, READER))

    def close(self) -> None:
        self._worker.close()
        self._app.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, place: TracebackType | None
    ) -> None:
        self.close()


def open_installation() -> Installation:
    return Installation(open_app(Settings.from_environment(os.environ)))
