"""API tokens: create, list, revoke, and who stands behind one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta

from pendant.access.tokens import is_api_token, new_api_token, token_hash
from pendant.app import App
from pendant.errors import Conflict, NotAllowed, NotFound, WrongInput
from pendant.model.access import PERMISSIONS_OF_ROLE, Actor, Permission
from pendant.model.account import ApiToken
from pendant.services.nearest import did_you_mean
from pendant.services.permission import require
from pendant.store import accounts as stored
from pendant.store import audit
from pendant.store.transaction import Transaction

DAYS_DEFAULT = 90
DAYS_MAX = 366
NAME_LENGTH_MAX = 100
_USED_EVERY = timedelta(minutes=1)


def create(
    app: App, actor: Actor, name: str, permissions: Iterable[Permission], days: int = DAYS_DEFAULT
) -> tuple[ApiToken, str]:
    """Return the new token's record and its text, which is shown this once and never again."""
    require(actor, Permission.TOKENS_WRITE)
    wanted = frozenset(permissions)
    _refuse_wider(actor, wanted)
    now = app.clock.now()
    text = new_api_token()
    token = ApiToken(
        id=str(uuid.uuid4()),
        name=_accepted_name(name),
        token_hash=token_hash(text),
        user_id=actor.id,
        permissions=wanted,
        created_at=now,
        expires_at=now + timedelta(days=_accepted_days(days)),
    )
    with app.database.begin() as tx:
        if stored.user(tx, actor.id) is None:
            raise Conflict(
                "user_needed",
                "An API token belongs to a user, and the command line is none.",
                hint="Name the user with --user, or sign in to the web app and create it there.",
            )
        stored.insert_api_token(tx, token)
        _audit(app, tx, actor, "api_token.create", token.id)
    return token, text


def find(app: App, actor: Actor) -> list[ApiToken]:
    """Return the actor's own tokens, the newest first, revoked and expired ones too."""
    require(actor, Permission.TOKENS_WRITE)
    with app.database.read() as tx:
        return stored.list_api_tokens(tx, actor.id)


def revoke(app: App, actor: Actor, token_id: str) -> None:
    """End one of the actor's own tokens at once. Revoking twice is like revoking once."""
    require(actor, Permission.TOKENS_WRITE)
    with app.database.begin() as tx:
        if token_id not in {token.id for token in stored.list_api_tokens(tx, actor.id)}:
            raise NotFound("api_token_unknown", "There is no such API token of yours.", field="id")
        stored.revoke_api_token(tx, token_id, app.clock.now())
        _audit(app, tx, actor, "api_token.revoke", token_id)


def actor_of(app: App, text: str) -> Actor | None:
    """Return who stands behind a token: its user, with what both the token and the user's role allow today."""
    if not is_api_token(text):
        return None
    now = app.clock.now()
    with app.database.read() as tx:
        token = stored.api_token_by_hash(tx, token_hash(text))
        user = stored.user(tx, token.user_id) if token else None
    if token is None or user is None or token.revoked_at is not None or now >= token.expires_at:
        return None
    if token.last_used_at is None or now - token.last_used_at >= _USED_EVERY:
        with app.database.begin() as tx:
            stored.touch_api_token(tx, token.id, now)
    allowed = token.permissions & PERMISSIONS_OF_ROLE[user.role]
    return Actor(id=user.id, name=f"{user.name} ({token.name})", door="api", permissions=allowed)


def permission_of(text: str) -> Permission:
    try:
        return Permission(text)
    except ValueError:
        raise WrongInput(
            "permission_unknown",
            f"There is no permission {text!r}.",
            hint=did_you_mean(text, Permission, f"Choose among {', '.join(Permission)}."),
            field="permissions",
        ) from None


def _refuse_wider(actor: Actor, wanted: frozenset[Permission]) -> None:
    if not wanted:
        raise WrongInput(
            "permissions_required",
            "An API token without a permission can do nothing.",
            hint="Choose at least one.",
            field="permissions",
        )
    wider = sorted(wanted - actor.permissions)
    if wider:
        raise NotAllowed(
            "token_wider",
            f"You cannot give a token what you do not have yourself: {', '.join(wider)}.",
            hint="Leave that out, or ask an owner.",
        )


def _accepted_name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > NAME_LENGTH_MAX or not name.isprintable():
        raise WrongInput(
            "name_invalid",
            f"The name of an API token has 1 to {NAME_LENGTH_MAX} printable characters.",
            hint="Name it after the program that will use it.",
            field="name",
        )
    return name


def _accepted_days(days: int) -> int:
    if not 1 <= days <= DAYS_MAX:
        raise WrongInput("days_invalid", f"A token can live for 1 to {DAYS_MAX} days, not {days}.", field="days")
    return days


def _audit(app: App, tx: Transaction, actor: Actor, action: str, token_id: str) -> None:
    audit.append(
        tx,
        at=app.clock.now(),
        actor=actor,
        action=action,
        object_kind="api_token",
        object_id=token_id,
        outcome="done",
    )
