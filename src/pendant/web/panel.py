"""The connection panel: create, edit and clone, in the Simple or the HTTP view, with a test on the draft."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pendant.app import App
from pendant.errors import PendantError
from pendant.model.access import Actor
from pendant.model.connection import Connection
from pendant.services import connections as service
from pendant.web.connections import ConnectionPages, Tester, Writer, live_report
from pendant.web.forms import Form, SentForm
from pendant.web.pages import Pages, go, wants_fragment
from pendant.web.panel_problems import field_of, form_of_problem, problems_in
from pendant.web.panel_purpose import cloning, creating, editing, purpose_of
from pendant.web.panel_state import PanelState, new_state, state_from, state_of
from pendant.web.panel_view import Notice, PanelView, application_view, panel_view
from pendant.web.reports import ended

_TRIMMED = Notice(
    "Saved. White space around the token was dropped.", tone="good", icon="check", role="status", focus=True
)
_SAVED = Notice("Saved.", tone="good", icon="check", role="status", focus=True)


class Panel:
    """Answers with the panel, alone or over the list, in whatever state it should be seen."""

    def __init__(self, app: App, pages: Pages, shown: ConnectionPages) -> None:
        self.app = app
        self._pages = pages
        self._shown = shown

    def choose(self, request: Request, actor: Actor) -> Response:
        # What can be exported from comes first; the universal connector is for everything else.
        known = sorted(self.app.catalogue.all(), key=lambda each: (not each.resources, each.title))
        applications = [application_view(each) for each in known]
        return self._shown.over(request, actor, "panel/choose.html", applications=applications)

    def drawer(self, request: Request, actor: Actor, view: PanelView, *, status: int = 200) -> Response:
        return self._shown.over(request, actor, "panel/drawer.html", status=status, panel=view)

    def refused(self, request: Request, actor: Actor, form: Form, problem: PendantError) -> Response:
        """Draw the form again with every error at its field, and the token field empty."""
        state = self.state(form)
        errors = problems_in(self.app, state, form, problem)
        view = panel_view(
            form_of_problem(state, errors),
            purpose_of(self.app, actor, form),
            errors=errors,
            notice=None if errors else Notice(f"{problem.message} {problem.hint}"),
        )
        if not wants_fragment(request):
            return self.drawer(request, actor, view, status=problem.http_status)
        return self._pages.fragment("panel/form.html", status=problem.http_status, panel=view)

    def saved(self, request: Request, actor: Actor, form: Form, saved: service.Saved) -> Response:
        connection = saved.connection
        if form.text("then") != "stay":
            return go(request, f"/connections?done=saved&test={connection.id}")
        address = f"/connections/{connection.id}/edit"
        if not wants_fragment(request):
            return go(request, address)
        view = panel_view(
            self.state_of(connection).seen_in(self.state(form).view),
            editing(connection),
            notice=_TRIMMED if saved.trimmed else _SAVED,
            test_now=True,
        )
        frame = self._shown.frame(actor, self._shown.plain_list(actor))
        answer = self._pages.fragment("panel/saved.html", panel=view, **frame)
        answer.headers["HX-Push-Url"] = address
        return answer

    def turn(self, request: Request, actor: Actor, form: Form) -> Response:
        """Answer with what changes when the view or the API type does: everything but the token field."""
        view = panel_view(self.state(form), purpose_of(self.app, actor, form))
        if not wants_fragment(request):
            return self.drawer(request, actor, view)
        return self._pages.fragment("panel/turned.html", panel=view, can_send_event=view.can_send_event)

    def test(self, request: Request, actor: Actor, form: Form) -> Response:
        """Test what is on the screen; the report follows live where there is script, and at its end without."""
        live = wants_fragment(request)
        try:
            stages = service.test_draft(
                self.app,
                actor,
                self.state(form).draft(),
                form.text("token"),
                send_event="send_event" in form,
                replaces=form.text("replaces") or None,
            )
            if live:
                return live_report(self._pages, stages)
            view = panel_view(self.state(form), purpose_of(self.app, actor, form), report=ended(list(stages)))
        except PendantError as problem:
            if live:
                return self._pages.fragment("panel/test_refused.html", problem=problem, field=field_of(problem))
            return self.refused(request, actor, form, problem)
        return self.drawer(request, actor, view)

    def create(self, request: Request, actor: Actor, form: Form) -> Response:
        try:
            saved = service.create(self.app, actor, self.state(form).draft(), form.text("token"), test=False)
        except PendantError as problem:
            return self.refused(request, actor, form, problem)
        return self.saved(request, actor, form, saved)

    def replace(self, request: Request, actor: Actor, connection_id: str, form: Form) -> Response:
        version = int(form.text("version")) if form.text("version").isdecimal() else 0
        try:
            draft = self.state(form).draft()
            saved = service.replace(
                self.app, actor, connection_id, draft, form.text("token"), version=version, test=False
            )
        except PendantError as problem:
            return self.refused(request, actor, form, problem)
        return self.saved(request, actor, form, saved)

    def state(self, form: Form) -> PanelState:
        return state_from(self.app.catalogue.connector(form.text("application")), form)

    def state_of(self, connection: Connection) -> PanelState:
        return state_of(self.app.catalogue.connector(connection.application), connection)


def router(app: App, pages: Pages, shown: ConnectionPages) -> APIRouter:
    routes = APIRouter()
    panel = Panel(app, pages, shown)

    @routes.get("/connections/new")
    def new(request: Request, actor: Writer, application: str = "") -> Response:
        if not application:
            return panel.choose(request, actor)
        connector = app.catalogue.connector(application)
        return panel.drawer(request, actor, panel_view(new_state(connector), creating(connector)))

    @routes.get("/connections/{connection_id}/edit")
    def edit(request: Request, actor: Writer, connection_id: str) -> Response:
        connection = service.get(app, actor, connection_id)
        return panel.drawer(request, actor, panel_view(panel.state_of(connection), editing(connection)))

    @routes.get("/connections/{connection_id}/clone")
    def clone(request: Request, actor: Writer, connection_id: str) -> Response:
        connection = service.get(app, actor, connection_id)
        state = panel.state_of(connection).renamed(f"{connection.name} copy")
        return panel.drawer(request, actor, panel_view(state, cloning(connection)))

    @routes.post("/connections/panel")
    def turn(request: Request, actor: Writer, form: SentForm) -> Response:
        return panel.turn(request, actor, form)

    @routes.post("/connections/test")
    def test(request: Request, actor: Tester, form: SentForm) -> Response:
        return panel.test(request, actor, form)

    @routes.post("/connections")
    def create(request: Request, actor: Writer, form: SentForm) -> Response:
        return panel.create(request, actor, form)

    @routes.post("/connections/{connection_id}")
    def replace(request: Request, actor: Writer, connection_id: str, form: SentForm) -> Response:
        return panel.replace(request, actor, connection_id, form)

    return routes
