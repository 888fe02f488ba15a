"""Whether the process answers, for whatever watches it. Says nothing that a stranger may not know."""

from __future__ import annotations

from fastapi import APIRouter

from pendant.access.gate import PUBLIC

HEALTH_PATH = "/healthz"


def router() -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get(HEALTH_PATH, dependencies=[PUBLIC])
    def health() -> dict[str, str]:
        return {"status": "ok"}

    return routes
