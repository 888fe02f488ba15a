"""The vault: what state it is in, and whether every sealed token opens."""

from __future__ import annotations

from pendant.app import App
from pendant.model.access import Actor, Permission
from pendant.model.vault import VaultStatus
from pendant.services.permission import require


def status(app: App, actor: Actor) -> VaultStatus:
    require(actor, Permission.VAULT_READ)
    return app.vault.status()


def verify(app: App, actor: Actor) -> VaultStatus:
    """Open every sealed token and count; no token leaves the vault."""
    require(actor, Permission.VAULT_READ)
    return app.vault.verify()
