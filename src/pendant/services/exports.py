"""Stored exports: create, list, show, edit, delete, and the position of incremental ones."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from dataclasses import replace as with_changes
from datetime import datetime
from typing import Any

from pendant.app import App
from pendant.errors import Conflict, NotFound, WrongInput
from pendant.model.access import Actor, Permission
from pendant.model.export import Export, Position, StoredExport
from pendant.model.run import Run
from pendant.services.export_check import checked_export
from pendant.services.lookup import resolve
from pendant.services.names import checked_name
from pendant.services.nearest import did_you_mean
from pendant.services.permission import require
from pendant.store import audit, runs
from pendant.store import exports as stored

RUNS_SHOWN = 10
_FORGETS_POSITION = ("connection", "target")


@dataclass(frozen=True, slots=True)
class Detail:
    """A stored export, how far it has come (None: no incremental run yet), and its newest runs."""

    stored: StoredExport
    position: Position | None
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """`position_forgotten`: the connection or the target is another, so the next run begins anew."""

    stored: StoredExport
    position_forgotten: bool = False


def create(app: App, actor: Actor, name: str, export: Export) -> Saved:
    """Save a new export. What can be known without asking the other system is checked."""
    require(actor, Permission.EXPORTS_WRITE, Permission.CONNECTIONS_USE)
    connection, checked = checked_export(app, export, door=actor.door)
    now = app.clock.now()
    new = StoredExport(str(uuid.uuid4()), checked_name(name, "export"), checked, 1, now, now, actor.name)
    with app.database.begin() as tx:
        stored.insert(tx, new, connection.id)
        _audit(app, tx, actor, "export.create", new.id)
    return Saved(new)


def replace(app: App, actor: Actor, reference: str, name: str, export: Export, *, version: int) -> Saved:
    """Save an export anew, every field of it. `version` is the one the edit began with."""
    require(actor, Permission.EXPORTS_WRITE, Permission.CONNECTIONS_USE)
    before = stored_export(app, reference)
    if before.version != version:
        raise _version_changed(before)
    connection, checked = checked_export(app, export, door=actor.door)
    after = with_changes(
        before,
        name=checked_name(name, "export"),
        export=checked,
        version=version + 1,
        updated_at=app.clock.now(),
        updated_by=actor.name,
    )
    changed = _changed(before, after)
    with app.database.begin() as tx:
        if not stored.replace(tx, after, connection.id, expected_version=version):
            raise _version_changed(before)
        # Another place holds nothing of what was read so far.
        forgotten = any(name in changed for name in _FORGETS_POSITION) and stored.forget_positions(tx, after.id)
        _audit(app, tx, actor, "export.replace", after.id, fields=changed)
    return Saved(after, forgotten)


def delete(app: App, actor: Actor, reference: str) -> StoredExport:
    """Remove an export and its position; what it wrote and the records of its runs stay. Returns what was removed."""
    require(actor, Permission.EXPORTS_WRITE)
    found = stored_export(app, reference)
    with app.database.begin() as tx:
        busy = runs.unfinished_of_export(tx, found.id)
        if busy:
            raise Conflict(
                "export_in_use",
                f"Run {busy[0].id[:8]} of the export {found.name} has not ended.",
                hint="Wait until it has, or cancel it (pendant runs cancel).",
            )
        stored.delete(tx, found.id)
        _audit(app, tx, actor, "export.delete", found.id)
    return found


def get(app: App, actor: Actor, reference: str) -> Detail:
    """Return the export with this id or name, its position and its newest runs."""
    require(actor, Permission.EXPORTS_READ)
    found = stored_export(app, reference)
    with app.database.read() as tx:
        position = stored.position(tx, found.id, found.export.resource, found.export.apps)
        newest = runs.recent(tx, limit=RUNS_SHOWN, export_id=found.id)
    return Detail(found, position, tuple(newest))


def find(app: App, actor: Actor, *, search: str = "", connection: str = "") -> list[StoredExport]:
    """Return the exports in whose name, resource or connection `search` occurs, by name."""
    require(actor, Permission.EXPORTS_READ)
    connection_id = resolve(app, connection).id if connection else None
    with app.database.read() as tx:
        return stored.search(tx, search, connection_id)


def reset_position(app: App, actor: Actor, reference: str, *, to: datetime | None = None) -> Detail:
    """Let the next incremental run begin anew, or at `to`, which must not lie behind the position there is."""
    require(actor, Permission.EXPORTS_WRITE)
    found = stored_export(app, reference)
    with app.database.begin() as tx:
        now = stored.position(tx, found.id, found.export.resource, found.export.apps)
        stored.forget_positions(tx, found.id)
        if to is not None:
            back = _position_at(now, to)
            stored.save_position(tx, found.id, found.export.resource, found.export.apps, moved=back, at=app.clock.now())
        _audit(app, tx, actor, "export.reset_position", found.id, fields=("position",))
    return get(app, actor, found.id)


def _position_at(now: Position | None, to: datetime) -> Position:
    if now is None:
        raise WrongInput(
            "position_missing",
            "This export has no position yet that could be moved back.",
            hint="Its first incremental run begins at the time it is told to begin at (since).",
            field="to",
        )
    if to >= now.position:
        raise WrongInput(
            "position_ahead",
            f"{to.isoformat()} does not lie before the position, {now.position.isoformat()}; what is between would "
            "never be read.",
            hint="Give an earlier time.",
            field="to",
        )
    return Position(min(now.began, to), to, min(now.final, to))


def stored_export(app: App, reference: str) -> StoredExport:
    """Return the export with this id or name, or raise NotFound with the near names."""
    with app.database.read() as tx:
        found = stored.get(tx, reference) or stored.by_name(tx, reference.strip())
        names = [] if found else [each.name for each in stored.search(tx)]
    if found is None:
        raise NotFound(
            "export_unknown",
            f"There is no export {reference!r}.",
            hint=did_you_mean(reference, names, "`pendant exports list` shows those there are."),
            field="export",
        )
    return found


def _version_changed(now: StoredExport) -> Conflict:
    by = f" by {now.updated_by}" if now.updated_by else ""
    return Conflict(
        "version_changed",
        f"The export {now.name} was saved{by} since you opened it, and nothing of yours was saved.",
        hint="Open it again and repeat your change.",
        field="version",
    )


def _changed(before: StoredExport, after: StoredExport) -> tuple[str, ...]:
    was, is_now = before.export.as_json(), after.export.as_json()
    names = tuple(name for name in is_now if was[name] != is_now[name])
    return ("name", *names) if before.name != after.name else names


def _audit(app: App, tx: Any, actor: Actor, action: str, export_id: str, *, fields: tuple[str, ...] = ()) -> None:
    audit.append(
        tx,
        at=app.clock.now(),
        actor=actor,
        action=action,
        object_kind="export",
        object_id=export_id,
        outcome="done",
        fields=fields,
    )
