"""What the routes are given: the installation, its worker, and who asks. The server puts the first two in place."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, FastAPI, Request

from pendant.app import App
from pendant.engine.worker import Worker


def put_in_place(table: FastAPI, app: App, worker: Worker) -> None:
    table.state.installation = app
    table.state.worker = worker


async def _installation(request: Request) -> App:
    app = request.app.state.installation
    assert isinstance(app, App)
    return app


async def _worker(request: Request) -> Worker:
    worker = request.app.state.worker
    assert isinstance(worker, Worker)
    return worker


Installation = Annotated[App, Depends(_installation)]
Runner = Annotated[Worker, Depends(_worker)]
