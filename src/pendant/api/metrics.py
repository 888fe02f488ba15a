"""Figures for a monitoring system."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from pendant.access.gate import need
from pendant.api.context import Installation
from pendant.api.strict import StrictRoute
from pendant.model.access import Actor, Permission
from pendant.services import metrics as verbs

routes = APIRouter(prefix="/metrics", tags=["runs"], route_class=StrictRoute)


@routes.get("", response_class=PlainTextResponse, summary="Figures of all runs in the text format of Prometheus.")
def read_metrics(app: Installation, actor: Annotated[Actor, need(Permission.RUNS_READ)]) -> PlainTextResponse:
    return PlainTextResponse(verbs.read(app, actor), media_type=verbs.MEDIA_TYPE)
