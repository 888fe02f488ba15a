"""Settings: API tokens, the state of the vault, how the pages look, the password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pendant.access.gate import SIGNED_IN, need
from pendant.app import App
from pendant.errors import TooManyTries, WrongInput
from pendant.model.access import Actor, Permission
from pendant.model.account import ApiToken
from pendant.model.vault import VaultState, VaultStatus
from pendant.services import accounts, tokens
from pendant.services import vault as vault_service
from pendant.web.forms import Form, SentForm
from pendant.web.marks import Mark
from pendant.web.pages import Pages, go
from pendant.web.panel_view import Errors
from pendant.web.words import Moment, moment

TokenKeeper = Annotated[Actor, need(Permission.TOKENS_WRITE)]
VaultReader = Annotated[Actor, need(Permission.VAULT_READ)]
SignedIn = Annotated[Actor, SIGNED_IN]

_VAULT_MARKS = {
    VaultState.EMPTY: Mark("Empty", "calm"),
    VaultState.OK: Mark("OK", "good"),
    VaultState.PARTIAL: Mark("Partly readable", "warn"),
    VaultState.LOCKED: Mark("Locked", "bad"),
}
_LIFETIMES = (7, 30, tokens.DAYS_DEFAULT, tokens.DAYS_MAX)


@dataclass(frozen=True, slots=True)
class TokenLine:
    id: str
    name: str
    permissions: str
    mark: Mark
    live: bool
    created: Moment | None
    expires: str
    used: Moment | None


class SettingsPage:
    def __init__(self, app: App, pages: Pages) -> None:
        self._app = app
        self._pages = pages

    def create_token(self, request: Request, actor: Actor, form: Form) -> Response:
        try:
            chosen = frozenset(tokens.permission_of(text) for text in form.texts("permissions"))
            _, text = tokens.create(self._app, actor, form.text("name"), chosen, _days(form))
        except WrongInput as problem:
            return self.page(request, actor, form=form, problem=problem)
        # The one answer that shows the token; going back or reloading does not bring it again.
        return self.page(request, actor, new_token=text)

    def change_password(self, request: Request, actor: Actor, form: Form) -> Response:
        try:
            accounts.change_password(
                self._app,
                actor,
                form.text("new_password"),
                old=form.text("old_password"),
                address=request.client.host if request.client else "",
            )
        except (WrongInput, TooManyTries) as problem:
            errors = Errors()
            errors[problem.field or "old_password"] = str(problem)
            return self.page(request, actor, password_errors=errors, status=problem.http_status)
        # The session has ended with the old password, like every other one of this user.
        return go(request, "/sign-in?done=password")

    def page(
        self,
        request: Request,
        actor: Actor,
        *,
        form: Form | None = None,
        problem: WrongInput | None = None,
        new_token: str = "",
        verified: VaultStatus | None = None,
        password_errors: Errors | None = None,
        status: int = 200,
    ) -> Response:
        return self._pages.page(
            request,
            actor,
            "settings/page.html",
            title="Settings",
            section="settings",
            status=problem.http_status if problem else status,
            toast="Token revoked" if request.query_params.get("done") == "revoked" else "",
            new_token=new_token,
            password_errors=password_errors or Errors(),
            **self._tokens(actor, form, problem),
            **self._vault(actor, verified),
        )

    def _tokens(self, actor: Actor, form: Form | None, problem: WrongInput | None) -> dict[str, Any]:
        may_keep = actor.may(Permission.TOKENS_WRITE)
        now = self._app.clock.now()
        errors = Errors()
        if problem:
            errors[problem.field or "name"] = str(problem)
        return {
            "may_keep_tokens": may_keep,
            "tokens": [_line(each, now) for each in tokens.find(self._app, actor)] if may_keep else [],
            "permissions": sorted(each.value for each in actor.permissions),
            "chosen": form.texts("permissions") if form else [],
            "lifetimes": [{"value": str(days), "text": f"{days} days"} for days in _LIFETIMES],
            "values": {
                "name": form.text("name") if form else "",
                "days": form.text("days") if form else str(tokens.DAYS_DEFAULT),
            },
            "errors": errors,
        }

    def _vault(self, actor: Actor, verified: VaultStatus | None) -> dict[str, Any]:
        may_read = actor.may(Permission.VAULT_READ)
        status = verified or (vault_service.status(self._app, actor) if may_read else None)
        mark = _VAULT_MARKS[status.state] if status else None
        return {"vault": status, "vault_mark": mark, "vault_verified": verified is not None}


def router(app: App, pages: Pages) -> APIRouter:
    routes = APIRouter()
    shown = SettingsPage(app, pages)

    @routes.get("/settings")
    def settings(request: Request, actor: SignedIn) -> Response:
        return shown.page(request, actor)

    @routes.post("/settings/tokens")
    def create_token(request: Request, actor: TokenKeeper, form: SentForm) -> Response:
        return shown.create_token(request, actor, form)

    @routes.post("/settings/tokens/{token_id}/revoke")
    def revoke_token(request: Request, actor: TokenKeeper, token_id: str) -> Response:
        tokens.revoke(app, actor, token_id)
        return go(request, "/settings?done=revoked")

    @routes.post("/settings/password")
    def change_password(request: Request, actor: SignedIn, form: SentForm) -> Response:
        return shown.change_password(request, actor, form)

    @routes.post("/settings/vault/verify")
    def verify_vault(request: Request, actor: VaultReader) -> Response:
        return shown.page(request, actor, verified=vault_service.verify(app, actor))

    return routes


def _line(token: ApiToken, now: datetime) -> TokenLine:
    live = token.revoked_at is None and token.expires_at > now
    mark = Mark("Active", "good") if live else Mark("Revoked" if token.revoked_at else "Expired", "calm")
    return TokenLine(
        id=token.id,
        name=token.name,
        permissions=", ".join(sorted(each.value for each in token.permissions)),
        mark=mark,
        live=live,
        created=moment(token.created_at, now),
        expires=f"{token.expires_at:%-d %b %Y}",
        used=moment(token.last_used_at, now),
    )


def _days(form: Form) -> int:
    text = form.text("days")
    return int(text) if text.isascii() and text.isdecimal() else 0
