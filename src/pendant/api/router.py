"""All routes of the API."""

from __future__ import annotations

from fastapi import APIRouter

from pendant.api import connections, connectors, exports, installation, metrics, resources, runs, tokens, users
from pendant.api.description import ERRORS

PREFIX = "/api/v1"


def router() -> APIRouter:
    every = APIRouter(prefix=PREFIX, responses=ERRORS)
    for noun in (connections, connectors, resources, exports, runs, metrics, tokens, users, installation):
        every.include_router(noun.routes)
    return every
