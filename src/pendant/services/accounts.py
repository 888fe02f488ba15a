"""Accounts: the first start, signing in, sessions, passwords.

There is no default account. While there is no user, whoever runs the installation gets a one-time setup code on the
terminal, and whoever holds it becomes the owner.
"""

from __future__ import annotations

import uuid
from dataclasses import replace as with_changes
from datetime import datetime, timedelta

from pendant.access.names import accepted_name
from pendant.access.passwords import accepted_password
from pendant.access.tokens import new_session_token, new_setup_code, setup_code_from_input, token_hash
from pendant.app import App
from pendant.errors import Conflict, NotAllowed, NotSignedIn, WrongInput
from pendant.model.access import PERMISSIONS_OF_ROLE, Actor, Role
from pendant.model.account import Session, User
from pendant.services.attempts import count_login, count_setup, forget_login
from pendant.store import accounts as stored
from pendant.store import audit
from pendant.store.transaction import Transaction

SETUP_CODE_LIFETIME = timedelta(hours=24)
SESSION_LIFETIME = timedelta(hours=12)
SESSION_IDLE = timedelta(minutes=30)
_SEEN_EVERY = timedelta(minutes=1)

_NOBODY = Actor(id="", name="", door="web", permissions=frozenset())


def setup_code(app: App) -> str | None:
    """Return a new one-time code while there is no user; codes given before stop working."""
    code = new_setup_code()
    with app.database.begin() as tx:
        if stored.user_count(tx):
            return None
        stored.put_setup_code(tx, token_hash(code), expires_at=app.clock.now() + SETUP_CODE_LIFETIME)
    return code


def needs_set_up(app: App) -> bool:
    with app.database.read() as tx:
        return stored.user_count(tx) == 0


def set_up(app: App, code: str, name: str, password: str, address: str = "") -> str:
    """Create the owner and return the token of a first session.

    The input is judged before the code is used up, so a refused password does not cost the code.
    """
    count_setup(app, address)
    if not needs_set_up(app):
        raise _already_set_up()
    shown = accepted_name(name)
    hashed = app.passwords.hash(accepted_password(password, context=(shown, *shown.split())))
    now = app.clock.now()
    owner = User(id=str(uuid.uuid4()), name=shown, role=Role.OWNER, password_hash=hashed, created_at=now)
    with app.database.begin() as tx:
        if stored.user_count(tx):
            raise _already_set_up()
        if not stored.use_setup_code(tx, token_hash(setup_code_from_input(code)), now=now):
            raise WrongInput(
                "setup_code_refused",
                "The setup code is wrong, used or older than 24 hours.",
                hint="Start `pendant serve` again; it prints a new one.",
                field="code",
            )
        stored.insert_user(tx, owner)
        _audit(app, tx, _actor(owner), "user.set_up", owner.id)
        return _open_session(app, tx, owner)


def sign_in(app: App, name: str, password: str, address: str, *, replaces: str | None = None) -> str:
    """Return the token of a new session. `replaces` is the session the browser came with, which ends.

    A wrong name and a wrong password give the same answer after the same time.
    """
    count_login(app, name, address)
    with app.database.read() as tx:
        user = stored.user_by_name(tx, " ".join(name.split()))
    if not app.passwords.matches(user.password_hash if user else None, password) or user is None:
        _audit_refused(app, user, "user.sign_in")
        raise NotSignedIn(
            "sign_in_refused", "The name or the password is wrong.", hint="Check both, then try once more."
        )
    fresh = app.passwords.hash(password) if app.passwords.outdated(user.password_hash) else None
    with app.database.begin() as tx:
        if fresh:
            stored.set_password_hash(tx, user.id, fresh)
        if replaces:
            stored.delete_session(tx, token_hash(replaces))
        forget_login(app, tx, name)
        _audit(app, tx, _actor(user), "user.sign_in", user.id)
        return _open_session(app, tx, user)


def sign_out(app: App, token: str) -> None:
    """End the session; one that does not exist has ended already."""
    with app.database.begin() as tx:
        session = stored.session_by_hash(tx, token_hash(token))
        user = stored.user(tx, session.user_id) if session else None
        stored.delete_session(tx, token_hash(token))
        if user:
            _audit(app, tx, _actor(user), "user.sign_out", user.id)


def actor_of_session(app: App, token: str) -> Actor | None:
    """Return who is signed in with this token, and note that the session was used."""
    now = app.clock.now()
    with app.database.read() as tx:
        session = stored.session_by_hash(tx, token_hash(token))
        user = stored.user(tx, session.user_id) if session else None
    if session is None or user is None or not _lives(session, now):
        return None
    if now - session.last_seen_at >= _SEEN_EVERY:
        with app.database.begin() as tx:
            stored.touch_session(tx, session.token_hash, now)
    return _actor(user)


def change_password(app: App, actor: Actor, new: str, *, old: str = "", address: str = "") -> None:
    """Set a new password. Every session and every API token of the user ends with the old one.

    Whoever sits at the machine of the installation needs no old one: that is the way back for who has forgotten it.
    """
    with app.database.read() as tx:
        user = stored.user(tx, actor.id)
    if user is None or actor.door == "api":
        raise NotAllowed(
            "session_needed",
            "A password is changed by its user, not by an API token.",
            hint="Sign in to the web app, or use `pendant users set-password`.",
        )
    if actor.door != "cli":
        _prove_old(app, user, old, address)
    hashed = app.passwords.hash(_new_password(new, user.name))
    with app.database.begin() as tx:
        stored.set_password_hash(tx, user.id, hashed)
        stored.delete_sessions_of(tx, user.id)
        for token in stored.list_api_tokens(tx, user.id):
            stored.revoke_api_token(tx, token.id, app.clock.now())
        forget_login(app, tx, user.name)
        _audit(app, tx, actor, "user.change_password", user.id)


def _prove_old(app: App, user: User, old: str, address: str) -> None:
    count_login(app, user.name, address)
    if not app.passwords.matches(user.password_hash, old):
        _audit_refused(app, user, "user.change_password")
        raise WrongInput(
            "password_wrong",
            "The present password is not that one.",
            hint="Enter the password that you signed in with.",
            field="old_password",
        )


def _new_password(text: str, name: str) -> str:
    try:
        return accepted_password(text, context=(name, *name.split()))
    except WrongInput as problem:
        raise WrongInput(problem.code, problem.message, hint=problem.hint, field="new_password") from None


def _already_set_up() -> Conflict:
    return Conflict("already_set_up", "This installation already has an owner.", hint="Sign in with that account.")


def _open_session(app: App, tx: Transaction, user: User) -> str:
    token = new_session_token()
    now = app.clock.now()
    stored.delete_expired_sessions(tx, now)
    stored.insert_session(tx, Session(token_hash(token), user.id, now, now, now + SESSION_LIFETIME))
    return token


def _lives(session: Session, now: datetime) -> bool:
    return now < session.expires_at and now - session.last_seen_at < SESSION_IDLE


def _actor(user: User) -> Actor:
    return Actor(id=user.id, name=user.name, door="web", permissions=PERMISSIONS_OF_ROLE[user.role])


def _audit_refused(app: App, user: User | None, action: str) -> None:
    """Keep that somebody failed. What was typed as the name is not kept: people type passwords there."""
    actor = with_changes(_NOBODY, id=user.id, name=user.name) if user else _NOBODY
    with app.database.begin() as tx:
        _audit(app, tx, actor, action, actor.id, outcome="refused")


def _audit(app: App, tx: Transaction, actor: Actor, action: str, object_id: str, *, outcome: str = "done") -> None:
    audit.append(
        tx,
        at=app.clock.now(),
        actor=actor,
        action=action,
        object_kind="user",
        object_id=object_id,
        outcome=outcome,
    )
