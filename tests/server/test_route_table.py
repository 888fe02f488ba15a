"""Every route of every door declares the permission it needs, and means it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from pendant.access.gate import Gate, PublicGate, gate_of
from pendant.app import App
from pendant.engine.worker import Worker
from pendant.model.access import PERMISSIONS_OF_ROLE, Permission, Role
from pendant.server.answers import answers, plain_page
from pendant.server.asgi import asgi, routes
from pendant.web.site import site
from server.rig import Client, serving

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"
_ROW = re.compile(r"^\| `(?P<method>[A-Z]+) (?P<path>/[^`]*)` \| (?P<permission>[^|]+?) \|", re.MULTILINE)


PUBLIC_PAGES = {"/", "/set-up", "/sign-in", "/theme", "/static/{version}/{name:path}", "/healthz"}
REFUSED, ELSEWHERE = 403, 303


@pytest.fixture
def table(app: App, worker: Worker) -> FastAPI:
    """The whole table: what people and what programs reach."""
    return routes(app, worker, site(app, worker), answers(plain_page))


@pytest.fixture
def port(app: App, worker: Worker) -> Iterator[int]:
    with serving(asgi(app, worker, site(app, worker))) as number:
        yield number


def undeclared(table: FastAPI) -> list[str]:
    return [path for path, _, gate in _declared(table) if gate is None]


def test_e16_every_route_declares_its_permission(table: FastAPI) -> None:
    assert undeclared(table) == []
    assert len(list(_declared(table))) > 50


def test_a_route_that_declares_nothing_is_found(table: FastAPI) -> None:
    table.get("/forgotten")(lambda: None)
    assert undeclared(table) == ["/forgotten"]


def test_only_listed_routes_are_public(table: FastAPI) -> None:
    assert {path for path, _, gate in _declared(table) if isinstance(gate, PublicGate)} == PUBLIC_PAGES


def test_e14_a_stranger_reaches_nothing_that_needs_somebody(table: FastAPI, stranger: Client) -> None:
    for path, method, gate in _declared(table):
        if isinstance(gate, Gate):
            answer = stranger.send(method, _filled(path), Sec_Fetch_Site="same-origin")
            if path.startswith("/api/"):
                assert answer.status == 401, path
            else:
                assert answer.status == ELSEWHERE, path
                assert answer.headers["Location"].partition("?")[0] in ("/sign-in", "/set-up"), path


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_e16_a_role_reaches_nothing_beyond_its_permissions(
    table: FastAPI, port: int, sessions: dict[Role, str], role: Role
) -> None:
    client = Client(port, session=sessions[role])
    refused = 0
    for path, method, gate in _declared(table):
        if isinstance(gate, Gate) and gate.permission and gate.permission not in PERMISSIONS_OF_ROLE[role]:
            assert client.send(method, _filled(path)).status == REFUSED, path
            refused += 1
    assert refused > 10


def test_e15_a_token_reaches_no_route_outside_its_permissions(table: FastAPI, program: Callable[..., Client]) -> None:
    for permission in Permission:
        client = program(permission)
        for path, method, gate in _declared(table):
            if path.startswith("/api/") and isinstance(gate, Gate) and gate.permission not in (None, permission):
                assert client.send(method, _filled(path)).status == REFUSED, path


def test_e15_a_token_opens_no_page(table: FastAPI, program: Callable[..., Client]) -> None:
    client = program()
    for path, method, gate in _declared(table):
        if isinstance(gate, Gate) and method == "GET" and not path.startswith("/api/"):
            assert client.get(_filled(path)).status == ELSEWHERE, path


def test_e14_what_does_not_exist_is_answered_404_to_whoever_may_ask(table: FastAPI, olga: Client) -> None:
    for path, method, gate in _declared(table):
        if path.startswith("/api/") and isinstance(gate, Gate) and method == "GET" and "{" in path:
            assert olga.get(_filled(path)).status == 404, path


@pytest.mark.parametrize(
    "path",
    [
        "/api/../api/v1/runs",
        "/api/v1/%2e%2e/v1/runs",
        "/api//v1/runs",
        "/API/v1/runs",
        "/api/v1/runs/",
        "/api%2fv1/runs",
    ],
)
def test_e25_no_other_spelling_of_a_path_gets_past_the_permission(stranger: Client, path: str) -> None:
    assert stranger.get(path).status in (401, 404)


def test_the_documentation_lists_every_route_with_its_permission(table: FastAPI) -> None:
    documented = {
        (match["path"], match["method"], match["permission"])
        for match in _ROW.finditer(DOCUMENT.read_text(encoding="utf-8"))
    }
    reached = [(path, method, _words(gate)) for path, method, gate in _declared(table)]
    assert documented == {route for route in reached if route[0].startswith(("/api/", "/healthz"))}


def _declared(table: FastAPI) -> Iterator[tuple[str, str, Gate | PublicGate | None]]:
    for route in iter_route_contexts(table.routes):
        assert isinstance(route.original_route, APIRoute), route
        for method in sorted(route.methods or ()):
            yield route.path, method, gate_of(route.dependant)


def _words(gate: Gate | PublicGate | None) -> str:
    permission = gate.permission if isinstance(gate, Gate) else None
    return permission.value if permission else "public" if isinstance(gate, PublicGate) else "signed in"


def _filled(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "00000000-0000-4000-8000-000000000000", path)
