"""First start, signing in and out."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pendant.access.cookies import ended_cookie, session_cookie, session_token_in
from pendant.access.gate import PUBLIC, SIGNED_IN
from pendant.app import App
from pendant.errors import NotSignedIn, PendantError, TooManyTries, WrongInput
from pendant.services import accounts as service
from pendant.web.forms import Form, SentForm
from pendant.web.pages import SYSTEM_THEME, THEME_COOKIE, THEMES, Pages, go, local_path
from pendant.web.panel_view import Errors

_HOME = "/connections"
_CHANGED = "Your password is changed, and every session and API token that was made with the old one has ended."
_YEAR_SECONDS = 365 * 86400


class AccountPages:
    """What somebody sees who is not signed in yet."""

    def __init__(self, app: App, pages: Pages) -> None:
        self._app = app
        self._pages = pages

    def set_up(self, request: Request, form: Form) -> Response:
        try:
            token = service.set_up(
                self._app, form.text("code"), form.text("name"), form.text("password"), address_of(request)
            )
        except (WrongInput, TooManyTries) as problem:
            return self.set_up_page(request, form, problem)
        return _with_session(go(request, _HOME), token)

    def sign_in(self, request: Request, form: Form) -> Response:
        try:
            token = service.sign_in(
                self._app, form.text("name"), form.text("password"), address_of(request), replaces=_session_of(request)
            )
        except (WrongInput, NotSignedIn, TooManyTries) as problem:
            return self.sign_in_page(request, form, problem, back=form.text("next"))
        return _with_session(go(request, local_path(form.text("next"), _HOME)), token)

    def set_up_page(self, request: Request, form: Form | None = None, problem: PendantError | None = None) -> Response:
        return self._pages.page(
            request,
            None,
            "account/set_up.html",
            title="Set up",
            status=problem.http_status if problem else 200,
            values=_values(form, "code", "name"),
            **_problem(problem, "code", "name", "password"),
        )

    def sign_in_page(
        self, request: Request, form: Form | None = None, problem: PendantError | None = None, *, back: str = ""
    ) -> Response:
        return self._pages.page(
            request,
            None,
            "account/sign_in.html",
            title="Sign in",
            status=problem.http_status if problem else 200,
            next=local_path(back, _HOME),
            notice=_CHANGED if request.query_params.get("done") == "password" and not problem else "",
            values=_values(form, "name"),
            **_problem(problem, "name", "password"),
        )


def router(app: App, pages: Pages) -> APIRouter:
    routes = APIRouter()
    account = AccountPages(app, pages)

    @routes.get("/", dependencies=[PUBLIC])
    def home(request: Request) -> Response:
        return go(request, _HOME)

    @routes.get("/set-up", dependencies=[PUBLIC])
    def ask_set_up(request: Request) -> Response:
        return account.set_up_page(request) if service.needs_set_up(app) else go(request, "/sign-in")

    @routes.post("/set-up", dependencies=[PUBLIC])
    def set_up(request: Request, form: SentForm) -> Response:
        return account.set_up(request, form)

    @routes.get("/sign-in", dependencies=[PUBLIC])
    def ask_sign_in(request: Request, next: str = "") -> Response:  # noqa: A002 - the name in the address
        return go(request, "/set-up") if service.needs_set_up(app) else account.sign_in_page(request, back=next)

    @routes.post("/sign-in", dependencies=[PUBLIC])
    def sign_in(request: Request, form: SentForm) -> Response:
        return account.sign_in(request, form)

    @routes.post("/sign-out", dependencies=[SIGNED_IN])
    def sign_out(request: Request) -> Response:
        service.sign_out(app, _session_of(request) or "")
        answer = go(request, "/sign-in")
        answer.headers.append("Set-Cookie", ended_cookie())
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        return answer

    @routes.post("/theme", dependencies=[PUBLIC])
    def theme(request: Request, form: SentForm) -> Response:
        return _with_theme(go(request, local_path(form.text("next"), _HOME)), form.text("theme"))

    return routes


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def _session_of(request: Request) -> str | None:
    return session_token_in("; ".join(request.headers.getlist("cookie")))


def _with_theme(answer: Response, theme: str) -> Response:
    if theme in THEMES:
        answer.set_cookie(THEME_COOKIE, theme, max_age=_YEAR_SECONDS, samesite="lax", httponly=True)
    elif theme == SYSTEM_THEME:
        answer.delete_cookie(THEME_COOKIE, samesite="lax", httponly=True)
    return answer


def _with_session(answer: Response, token: str) -> Response:
    answer.headers.append("Set-Cookie", session_cookie(token))
    return answer


def _values(form: Form | None, *names: str) -> dict[str, str]:
    return {name: form.text(name) if form else "" for name in names}


def _problem(problem: PendantError | None, *fields: str) -> dict[str, Any]:
    """Put the message at its field, or above the form where it belongs to none."""
    errors = Errors()
    if problem is None:
        return {"errors": errors, "problem": ""}
    text = str(problem)
    if problem.field in fields:
        errors[problem.field or ""] = text
        return {"errors": errors, "problem": ""}
    return {"errors": errors, "problem": text}
