"""The audit log: written in the same transaction as the change it tells of, so that neither is without the other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from pendant.model.access import Actor
from pendant.model.account import AuditEntry
from pendant.store.tables import audit
from pendant.store.transaction import Transaction


def append(
    tx: Transaction,
    *,
    at: datetime,
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: str,
    outcome: str,
    fields: tuple[str, ...] = (),
) -> None:
    """Add an entry. `fields` are the names of what was changed; a value has no place here."""
    values: dict[str, Any] = {
        "at": at,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "door": actor.door,
        "action": action,
        "object_kind": object_kind,
        "object_id": object_id,
        "outcome": outcome,
        "fields": fields,
    }
    tx.execute(audit.insert().values(values))


def recent(tx: Transaction, limit: int = 100) -> list[AuditEntry]:
    """Return the newest first."""
    query = select(audit).order_by(audit.c.seq.desc()).limit(limit)
    return [AuditEntry(**row._asdict() | {"fields": tuple(row.fields)}) for row in tx.execute(query)]
