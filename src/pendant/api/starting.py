"""How a queued run is answered."""

from __future__ import annotations

from fastapi import Response

from pendant.api.shapes import RunShape
from pendant.engine.worker import Worker
from pendant.model.run import Run


def started(worker: Worker, queued: Run, response: Response) -> RunShape:
    """Hand a run to the worker; `Location` leads to it."""
    worker.submit(queued.id)
    response.headers["Location"] = f"/api/v1/runs/{queued.id}"
    return RunShape.of(queued)
