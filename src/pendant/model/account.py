"""Accounts: who may sign in, by what, and how often somebody tried. Passwords and tokens only as hashes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pendant.model.access import Permission, Role


@dataclass(frozen=True, slots=True)
class User:
    """`name` is unique without regard to case; `password_hash` is a whole argon2 line."""

    id: str
    name: str
    role: Role
    password_hash: str = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in. `token_hash` is the SHA-256 of the cookie's value, in hex."""

    token_hash: str = field(repr=False)
    user_id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token for programs. It may do what both `permissions` and the role of its user allow."""

    id: str
    name: str
    token_hash: str = field(repr=False)
    user_id: str
    permissions: frozenset[Permission]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit log: names of fields only, never a value."""

    seq: int
    at: datetime
    actor_id: str
    actor_name: str
    door: str
    action: str
    object_kind: str
    object_id: str
    outcome: str
    fields: tuple[str, ...] = ()
