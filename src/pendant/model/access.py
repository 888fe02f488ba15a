"""Who may do what. A door asks for a permission; a role is a set of permissions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    CONNECTIONS_READ = "connections:read"
    CONNECTIONS_WRITE = "connections:write"
    CONNECTIONS_TEST = "connections:test"
    CONNECTIONS_USE = "connections:use"
    EXPORTS_READ = "exports:read"
    EXPORTS_WRITE = "exports:write"
    EXPORTS_RUN = "exports:run"
    RUNS_READ = "runs:read"
    VAULT_READ = "vault:read"
    TOKENS_WRITE = "tokens:write"
    USERS_WRITE = "users:write"
    AUDIT_READ = "audit:read"


class Role(StrEnum):
    OWNER = "owner"
    OPERATOR = "operator"
    VIEWER = "viewer"


_VIEWER = frozenset({Permission.CONNECTIONS_READ, Permission.EXPORTS_READ, Permission.RUNS_READ})
_OPERATOR = _VIEWER | {
    Permission.CONNECTIONS_TEST,
    Permission.CONNECTIONS_USE,
    Permission.EXPORTS_WRITE,
    Permission.EXPORTS_RUN,
}

PERMISSIONS_OF_ROLE: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.OPERATOR: _OPERATOR,
    Role.OWNER: frozenset(Permission),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever asks. `door` is cli, api, web or program; an API token may carry less than the role of its user."""

    id: str
    name: str
    door: str
    permissions: frozenset[Permission]

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


def local_actor(door: str = "cli") -> Actor:
    """Whoever can run the command line, or a program, on the installation's own files owns the installation."""
    return Actor(id="local", name="local", door=door, permissions=frozenset(Permission))
