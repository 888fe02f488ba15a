"""A run as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable

from fastapi.sse import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from pendant.api.shapes import ProgressShape, RunShape
from pendant.app import App
from pendant.engine.worker import Worker
from pendant.model.access import Actor
from pendant.model.run import ENDED
from pendant.services import runs as verbs

LOOK_EVERY_SECONDS = 0.5
# A browser comes back by itself after an end; a look at its rights is then due, so none follows for ever.
FOLLOW_SECONDS_MAX = 900.0

Events = AsyncIterable[ServerSentEvent]


async def follow(app: App, worker: Worker, actor: Actor, run_id: str) -> Events:
    """Yield `progress` whenever it changed and `ended` when the run is over; then stop."""
    began = app.clock.monotonic()
    last: ProgressShape | None = None
    while app.clock.monotonic() - began < FOLLOW_SECONDS_MAX and not worker.closed:
        run = await run_in_threadpool(verbs.get, app, actor, run_id)
        if run.state in ENDED:
            yield ServerSentEvent(event="ended", data=RunShape.of(run))
            return
        progress = worker.progress(run.id)
        shape = ProgressShape.of(progress) if progress else None
        if shape and shape != last:
            last = shape
            yield ServerSentEvent(event="progress", data=shape)
        await asyncio.sleep(LOOK_EVERY_SECONDS)
