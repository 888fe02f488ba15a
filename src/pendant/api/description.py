"""The OpenAPI description: the framework's, with our one error shape and the permission of every route."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel

from pendant.access.gate import Gate, PublicGate, gate_of


class ErrorShape(BaseModel):
    code: str
    message: str
    hint: str
    field: str | None
    id: str


class ErrorAnswer(BaseModel):
    error: ErrorShape


ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorAnswer, "description": "The request is refused."},
    "5XX": {"model": ErrorAnswer, "description": "The installation or the other system has a problem."},
}


def describe(table: FastAPI) -> dict[str, Any]:
    described = table.openapi()
    gates = {
        (route.path, method.lower()): gate_of(route.dependant)
        for route in iter_route_contexts(table.routes)
        for method in getattr(route, "methods", None) or ()
    }
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            operation["responses"].pop("422", None)
            operation["x-permission"] = _words(gates[path, method])
    return described


def _words(gate: Gate | PublicGate | None) -> str:
    if isinstance(gate, Gate):
        return gate.permission.value if gate.permission else "signed in"
    return "public" if gate else "undeclared"
