"""Users, sessions, API tokens, the set-up code and the attempts that rate limits count. Hashes only."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from pendant.errors import Conflict
from pendant.model.access import Permission, Role
from pendant.model.account import ApiToken, Session, User
from pendant.model.names import name_key
from pendant.store.tables import api_tokens, attempts, sessions, setup_codes, users
from pendant.store.transaction import Transaction


def insert_user(tx: Transaction, user: User) -> None:
    """Raise Conflict `name_taken` when there is a user of that name, whatever its case."""
    values = {
        "id": user.id,
        "name": user.name,
        "name_key": name_key(user.name),
        "role": user.role.value,
        "password_hash": user.password_hash,
        "created_at": user.created_at,
    }
    try:
        tx.execute(users.insert().values(values))
    except IntegrityError:
        if user_by_name(tx, user.name) is None:
            raise
        raise Conflict(
            "name_taken", "There is already a user of that name.", hint="Choose another name.", field="name"
        ) from None


def user(tx: Transaction, user_id: str) -> User | None:
    row = tx.execute(select(users).where(users.c.id == user_id)).first()
    return None if row is None else _user(row)


def user_by_name(tx: Transaction, name: str) -> User | None:
    row = tx.execute(select(users).where(users.c.name_key == name_key(name))).first()
    return None if row is None else _user(row)


def list_users(tx: Transaction) -> list[User]:
    return [_user(row) for row in tx.execute(select(users).order_by(users.c.name_key))]


def user_count(tx: Transaction) -> int:
    return int(tx.execute(select(func.count()).select_from(users)).scalar_one())


def set_password_hash(tx: Transaction, user_id: str, password_hash: str) -> None:
    tx.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))


def insert_session(tx: Transaction, session: Session) -> None:
    tx.execute(sessions.insert().values({field.name: getattr(session, field.name) for field in fields(session)}))


def session_by_hash(tx: Transaction, token_hash: str) -> Session | None:
    row = tx.execute(select(sessions).where(sessions.c.token_hash == token_hash)).first()
    return None if row is None else Session(**row._asdict())


def touch_session(tx: Transaction, token_hash: str, at: datetime) -> None:
    tx.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(last_seen_at=at))


def delete_session(tx: Transaction, token_hash: str) -> bool:
    return tx.execute(delete(sessions).where(sessions.c.token_hash == token_hash)).rowcount == 1


def delete_sessions_of(tx: Transaction, user_id: str) -> int:
    return tx.execute(delete(sessions).where(sessions.c.user_id == user_id)).rowcount


def delete_expired_sessions(tx: Transaction, now: datetime) -> int:
    return tx.execute(delete(sessions).where(sessions.c.expires_at <= now)).rowcount


def insert_api_token(tx: Transaction, token: ApiToken) -> None:
    values = {field.name: getattr(token, field.name) for field in fields(token)}
    tx.execute(api_tokens.insert().values(values | {"permissions": sorted(token.permissions)}))


def api_token_by_hash(tx: Transaction, token_hash: str) -> ApiToken | None:
    row = tx.execute(select(api_tokens).where(api_tokens.c.token_hash == token_hash)).first()
    return None if row is None else _api_token(row)


def list_api_tokens(tx: Transaction, user_id: str | None = None) -> list[ApiToken]:
    """Return them newest first, revoked and expired ones too; of one user, or of all."""
    query = select(api_tokens).order_by(api_tokens.c.created_at.desc(), api_tokens.c.id)
    if user_id is not None:
        query = query.where(api_tokens.c.user_id == user_id)
    return [_api_token(row) for row in tx.execute(query)]


def touch_api_token(tx: Transaction, token_id: str, at: datetime) -> None:
    tx.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(last_used_at=at))


def revoke_api_token(tx: Transaction, token_id: str, at: datetime) -> bool:
    """Return False when there is no such token, or it was revoked before."""
    query = update(api_tokens).where(api_tokens.c.id == token_id, api_tokens.c.revoked_at.is_(None))
    return tx.execute(query.values(revoked_at=at)).rowcount == 1


def put_setup_code(tx: Transaction, code_hash: str, expires_at: datetime) -> None:
    """Store a new code; every earlier one is void."""
    tx.execute(delete(setup_codes))
    tx.execute(setup_codes.insert().values(code_hash=code_hash, expires_at=expires_at))


def use_setup_code(tx: Transaction, code_hash: str, now: datetime) -> bool:
    """Use the code up. Return False when it is unknown, expired or used already."""
    query = update(setup_codes).where(
        setup_codes.c.code_hash == code_hash, setup_codes.c.expires_at > now, setup_codes.c.used_at.is_(None)
    )
    return tx.execute(query.values(used_at=now)).rowcount == 1


def add_attempt(tx: Transaction, key: str, at: datetime) -> None:
    tx.execute(attempts.insert().values(key=key, at=at))


def attempts_since(tx: Transaction, key: str, since: datetime) -> list[datetime]:
    """Return when the attempts were, oldest first."""
    query = select(attempts.c.at).where(attempts.c.key == key, attempts.c.at >= since).order_by(attempts.c.at)
    return list(tx.execute(query).scalars())


def prune_attempts(tx: Transaction, before: datetime, key: str | None = None) -> int:
    """Forget attempts before a moment; those of one key, or all."""
    query = delete(attempts).where(attempts.c.at < before)
    if key is not None:
        query = query.where(attempts.c.key == key)
    return tx.execute(query).rowcount


def _user(row: Row[Any]) -> User:
    return User(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        password_hash=row.password_hash,
        created_at=row.created_at,
    )


def _api_token(row: Row[Any]) -> ApiToken:
    values = row._asdict()
    values["permissions"] = msgspec.convert(values["permissions"], frozenset[Permission])
    return ApiToken(**values)
