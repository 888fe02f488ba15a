"""Connections: list, create, show, replace, clone, delete, test, used-by. There is no way to read a token back."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from pendant.access.gate import need
from pendant.api.context import Installation
from pendant.api.requests import CloneConnection, CreateConnection, ReplaceConnection, TestConnection, TestDraft
from pendant.api.shapes import ConnectionShape, ConnectionsShape, ReportShape, SavedShape, UsesShape
from pendant.api.strict import StrictRoute
from pendant.connectors import check
from pendant.model.access import Actor, Permission
from pendant.services import connections as verbs

routes = APIRouter(prefix="/connections", tags=["connections"], route_class=StrictRoute)

Reader = Annotated[Actor, need(Permission.CONNECTIONS_READ)]
Writer = Annotated[Actor, need(Permission.CONNECTIONS_WRITE)]
Sort = Literal[
    "name", "application", "status", "tested", "updated", "-name", "-application", "-status", "-tested", "-updated"
]
Tester = Annotated[Actor, need(Permission.CONNECTIONS_TEST)]


@routes.get("", summary="List the connections; `search` looks into name, application, API type and region.")
def find_connections(
    app: Installation,
    actor: Reader,
    search: Annotated[str, Query(max_length=200)] = "",
    sort: Sort = "name",
) -> ConnectionsShape:
    found = verbs.find(app, actor, search=search, sort=sort)
    return ConnectionsShape(connections=tuple(ConnectionShape.of(each) for each in found))


@routes.post("", status_code=201, summary="Create a connection; with `test` only one that works is saved.")
def create_connection(app: Installation, actor: Writer, sent: CreateConnection) -> SavedShape:
    return SavedShape.of(verbs.create(app, actor, sent.draft(), sent.token, test=sent.test))


@routes.post("/test", summary="Test what is not saved, with the token of the request.")
def check_draft(app: Installation, actor: Writer, sent: TestDraft) -> ReportShape:
    stages = verbs.test_draft(app, actor, sent.draft(), sent.token, send_event=sent.send_event, replaces=sent.replaces)
    return ReportShape.of(check.report(stages, app.clock))


@routes.get("/{connection}", summary="Show a connection, by its id or name.")
def get_connection(app: Installation, actor: Reader, connection: str) -> ConnectionShape:
    return ConnectionShape.of(verbs.get(app, actor, connection))


@routes.put("/{connection}", summary="Save a connection anew: all fields, its version, and the token again.")
def replace_connection(app: Installation, actor: Writer, connection: str, sent: ReplaceConnection) -> SavedShape:
    saved = verbs.replace(app, actor, connection, sent.draft(), sent.token, version=sent.version, test=sent.test)
    return SavedShape.of(saved)


@routes.delete("/{connection}", status_code=204, summary="Delete a connection that nothing uses.")
def delete_connection(app: Installation, actor: Writer, connection: str) -> None:
    verbs.delete(app, actor, connection)


@routes.post("/{connection}/clone", status_code=201, summary="Save a copy under another name, with its own token.")
def clone_connection(app: Installation, actor: Writer, connection: str, sent: CloneConnection) -> SavedShape:
    return SavedShape.of(verbs.clone(app, actor, connection, sent.name, sent.token, test=sent.test))


@routes.post("/{connection}/test", summary="Test a saved connection with its stored token.")
def check_connection(
    app: Installation, actor: Tester, connection: str, sent: TestConnection | None = None
) -> ReportShape:
    send_event = sent.send_event if sent else False
    stages = verbs.test_saved(app, actor, connection, send_event=send_event)
    return ReportShape.of(check.report(stages, app.clock))


@routes.get("/{connection}/used-by", summary="Show what uses a connection.")
def connection_uses(app: Installation, actor: Reader, connection: str) -> UsesShape:
    return UsesShape.of(verbs.used_by(app, actor, connection))
