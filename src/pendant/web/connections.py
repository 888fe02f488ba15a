"""The list of connections, and what can be done with one of them without editing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from pendant.access.gate import need
from pendant.app import App
from pendant.errors import PendantError
from pendant.model.access import Actor, Permission
from pendant.model.connection import Connection, TestStage
from pendant.services import connections as service
from pendant.web.connection_list import SORT_DEFAULT, ListView, Row, list_view, row_of
from pendant.web.events import EVENT_STREAM, event
from pendant.web.forms import SentForm
from pendant.web.pages import Pages, go, wants_fragment
from pendant.web.panel_state import api_type_in
from pendant.web.panel_view import sends_events
from pendant.web.reports import growing, stored
from pendant.web.words import moment

Reader = Annotated[Actor, need(Permission.CONNECTIONS_READ)]
Writer = Annotated[Actor, need(Permission.CONNECTIONS_WRITE)]
Tester = Annotated[Actor, need(Permission.CONNECTIONS_TEST)]

_DONE = {
    "saved": "Connection saved",
    "deleted": "Connection deleted. Remember to revoke its key in the application.",
}


class ConnectionPages:
    """Draws the list, alone or under a drawer or dialog; every address of those shows both."""

    def __init__(self, app: App, pages: Pages) -> None:
        self._app = app
        self._pages = pages

    def listing(
        self, request: Request, actor: Actor, *, overlay: str = "", status: int = 200, **context: Any
    ) -> Response:
        query = request.query_params if not overlay else {}
        search, sort, testing = query.get("q", ""), query.get("sort", SORT_DEFAULT), query.get("test", "")
        rows = self.rows(actor, search, sort, testing=testing)
        any_at_all = bool(rows) or (bool(search) and bool(service.find(self._app, actor)))
        view = list_view(rows, search=search, sort=sort, any_at_all=any_at_all)
        if wants_fragment(request, "connection-list"):
            return self._pages.fragment("connections/table.html", list=view)
        return self._pages.page(
            request,
            actor,
            "connections/list.html",
            title="Connections",
            section="connections",
            status=status,
            toast=_DONE.get(query.get("done", ""), ""),
            overlay=overlay,
            testing=testing if any(row.id == testing for row in rows) else "",
            **self.frame(actor, view),
            **context,
        )

    def frame(self, actor: Actor, view: ListView) -> dict[str, Any]:
        """Return what the list itself is drawn from."""
        return {
            "list": view,
            "may_write": actor.may(Permission.CONNECTIONS_WRITE),
            "vault_notice": self._app.vault.status().problem,
        }

    def over(self, request: Request, actor: Actor, template: str, *, status: int = 200, **context: Any) -> Response:
        """Draw something over the list, or only that when the list is already there."""
        if wants_fragment(request):
            return self._pages.fragment(template, status=status, **context)
        return self.listing(request, actor, overlay=template, status=status, **context)

    def plain_list(self, actor: Actor) -> ListView:
        rows = self.rows(actor)
        return list_view(rows, search="", sort=SORT_DEFAULT, any_at_all=bool(rows))

    def rows(self, actor: Actor, search: str = "", sort: str = SORT_DEFAULT, *, testing: str = "") -> list[Row]:
        found = service.find(self._app, actor, search=search, sort=sort)
        return [self.row(actor, each, being_tested=each.id == testing) for each in found]

    def row(self, actor: Actor, connection: Connection, *, being_tested: bool = False) -> Row:
        return row_of(connection, self._app.catalogue, actor, self._app.clock.now(), being_tested=being_tested)

    def row_by_id(self, actor: Actor, connection_id: str) -> Row:
        return self.row(actor, service.get(self._app, actor, connection_id))


def router(app: App, pages: Pages, shown: ConnectionPages) -> APIRouter:
    routes = APIRouter()

    @routes.get("/connections")
    def connections(request: Request, actor: Reader) -> Response:
        return shown.listing(request, actor)

    @routes.get("/connections/{connection_id}/used-by")
    def used_by(request: Request, actor: Reader, connection_id: str) -> Response:
        row = shown.row_by_id(actor, connection_id)
        return shown.over(request, actor, "connections/used_by.html", row=row, uses=_uses(app, actor, connection_id))

    @routes.get("/connections/{connection_id}/delete")
    def ask_delete(request: Request, actor: Writer, connection_id: str) -> Response:
        row = shown.row_by_id(actor, connection_id)
        return shown.over(request, actor, "connections/delete.html", row=row, uses=_uses(app, actor, connection_id))

    @routes.post("/connections/{connection_id}/delete")
    def delete(request: Request, actor: Writer, connection_id: str) -> Response:
        service.delete(app, actor, connection_id)
        return go(request, "/connections?done=deleted")

    @routes.get("/connections/{connection_id}/test")
    def ask_test(request: Request, actor: Tester, connection_id: str) -> Response:
        connection = service.get(app, actor, connection_id)
        tested = moment(connection.last_test.tested_at if connection.last_test else None, app.clock.now())
        return shown.over(
            request,
            actor,
            "connections/test.html",
            row=shown.row(actor, connection),
            can_send_event=_can_send_event(app, connection),
            report=stored(connection.last_test, tested.ago if tested else ""),
        )

    @routes.post("/connections/{connection_id}/test")
    def test(request: Request, actor: Tester, connection_id: str, form: SentForm) -> Response:
        stages = service.test_saved(app, actor, connection_id, send_event="send_event" in form)
        if not request.headers.get("HX-Request"):
            for _ in stages:
                pass
            return go(request, f"/connections/{connection_id}/test")
        return live_report(pages, stages, lambda: pages.text(
            "connections/row_update.html", row=shown.row_by_id(actor, connection_id)
        ))  # fmt: skip

    return routes


def live_report(pages: Pages, stages: Iterator[TestStage], last: Callable[[], str] | None = None) -> Response:
    """Send the report anew after each stage; the first stage is awaited so that wrong input is still a plain answer."""
    first = next(stages, None)
    seen = chain([first], stages) if first else stages

    def events() -> Iterator[str]:
        try:
            for report in growing(seen):
                yield event(pages.text("connections/report.html", report=report))
        except PendantError as problem:
            yield event(pages.text("errors/fragment.html", problem=problem))
        if last:
            yield event(last())

    return StreamingResponse(events(), media_type=EVENT_STREAM)


def _uses(app: App, actor: Actor, connection_id: str) -> list[dict[str, str]]:
    return [{"label": use.label, "url": f"/{use.kind}s/{use.id}"} for use in service.used_by(app, actor, connection_id)]


def _can_send_event(app: App, connection: Connection) -> bool:
    connector = app.catalogue.connector(connection.application)
    return sends_events(api_type_in(connector, connection.api_type))
