"""Connections: create, list, show, edit, clone, test, delete, used-by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace as with_changes
from typing import Any

from pendant.app import App
from pendant.connectors import check
from pendant.engine.zones import time_zone_of
from pendant.errors import Conflict, RemoteProblem, SetupProblem
from pendant.model.access import Actor, Permission
from pendant.model.connection import Connection, ConnectionStatus, Draft, TestReport, TestStage
from pendant.model.names import name_key
from pendant.model.secret import Secret, token_from_input
from pendant.services.attempts import count_connection_test
from pendant.services.drafts import connection_of, named
from pendant.services.lookup import Use, all_shown, exports_into, labels, refuse_taken, resolve, shown, uses_of
from pendant.services.names import checked_name
from pendant.services.permission import require
from pendant.services.verdict import refuse_failed
from pendant.store import audit
from pendant.store import connections as stored

REVOKE_REMINDER = "The token stays valid in the other system until somebody revokes it there."
_CLONED_FIELDS = ("name", "application", "api_type", "http", "token")


@dataclass(frozen=True, slots=True)
class Saved:
    """`trimmed` says that white space around the token was dropped; `report` is there when a test was asked for."""

    connection: Connection
    trimmed: bool
    report: TestReport | None


Watch = Callable[[TestStage], object]
"""Hears of each stage of a test as it ends, also of a test that fails."""


def unwatched(_stage: TestStage) -> None:
    """Hear of nothing."""


def create(app: App, actor: Actor, draft: Draft, token: str | None, *, test: bool, watch: Watch = unwatched) -> Saved:
    """Save a new connection. With `test`, one that does not work is not saved and the error says which stage failed."""
    _require_save(actor, test=test)
    secret, trimmed = token_from_input(token)
    connection = connection_of(app, named(draft), by=actor)
    refuse_taken(app, connection.name)
    report = _tested(app, actor, connection, secret, watch) if test else None
    return _insert(app, actor, connection, secret, report, trimmed=trimmed, action="connection.create")


def replace(
    app: App,
    actor: Actor,
    reference: str,
    draft: Draft,
    token: str | None,
    *,
    version: int,
    test: bool,
    watch: Watch = unwatched,
) -> Saved:
    """Save a connection anew. `version` is the one the edit began with; the token is needed every time."""
    _require_save(actor, test=test)
    secret, trimmed = token_from_input(token)
    before = resolve(app, reference)
    if before.version != version:
        raise _version_changed(before)
    after = with_changes(
        connection_of(app, named(draft), by=actor), id=before.id, version=version + 1, created_at=before.created_at
    )
    refuse_taken(app, after.name, except_id=before.id)
    report = _tested(app, actor, after, secret, watch) if test else None
    after = with_changes(_with_report(after, report), time_zone=_zone_kept(app, before, after, secret))
    with app.database.begin() as tx:
        _refuse_lost_targets(tx, before, after)
        if not stored.replace(tx, after, expected_version=version):
            raise _version_changed(before)
        app.vault.seal(tx, after, secret)
        _audit(app, tx, actor, "connection.replace", after.id, fields=_changed(before, after))
    return Saved(shown(app, after), trimmed, report)


def clone(
    app: App, actor: Actor, reference: str, name: str, token: str | None, *, test: bool, watch: Watch = unwatched
) -> Saved:
    """Save a copy under another name. A token is never copied."""
    _require_save(actor, test=test)
    secret, trimmed = token_from_input(token)
    model = resolve(app, reference)
    draft = Draft(checked_name(name), model.application, model.api_type, http=model.http)
    connection = connection_of(app, draft, by=actor)
    refuse_taken(app, connection.name)
    report = _tested(app, actor, connection, secret, watch) if test else None
    return _insert(app, actor, connection, secret, report, trimmed=trimmed, action="connection.clone")


def delete(app: App, actor: Actor, reference: str) -> Connection:
    """Remove a connection and its sealed token, unless something uses it. Returns what was removed."""
    require(actor, Permission.CONNECTIONS_WRITE)
    connection = resolve(app, reference)
    with app.database.begin() as tx:
        uses = uses_of(tx, connection)
        if uses:
            raise Conflict(
                "connection_in_use",
                f"Connection {connection.name} is used by {', '.join(labels(uses))}.",
                hint="Change those exports to another connection or delete them, and wait until runs have ended. "
                f"{REVOKE_REMINDER}",
            )
        stored.delete(tx, connection.id)
        _audit(app, tx, actor, "connection.delete", connection.id)
    return connection


def get(app: App, actor: Actor, reference: str) -> Connection:
    """Return the connection with this id or name."""
    require(actor, Permission.CONNECTIONS_READ)
    connection = resolve(app, reference)
    with app.database.read() as tx:
        uses = uses_of(tx, connection)
    return shown(app, with_changes(connection, used_by=labels(uses)))


def find(app: App, actor: Actor, *, search: str = "", sort: str = "name") -> list[Connection]:
    """Return the connections in which `search` occurs. One unreadable token never breaks the list."""
    require(actor, Permission.CONNECTIONS_READ)
    with app.database.read() as tx:
        found = stored.search(tx, text=search, sort=sort)
        using = {connection.id: uses_of(tx, connection) for connection in found}
    return all_shown(app, [with_changes(each, used_by=labels(using[each.id])) for each in found])


def used_by(app: App, actor: Actor, reference: str) -> list[Use]:
    require(actor, Permission.CONNECTIONS_READ)
    connection = resolve(app, reference)
    with app.database.read() as tx:
        return uses_of(tx, connection)


def test_saved(
    app: App,
    actor: Actor,
    reference: str,
    *,
    send_event: bool = False,  # noqa: PT028 - a verb of the product, not a test
) -> Iterator[TestStage]:
    """Test with the stored token, stage by stage. The report is kept once the last stage was taken."""
    require(actor, Permission.CONNECTIONS_TEST)
    connection = resolve(app, reference)
    count_connection_test(app, by=actor)
    app.vault.open(connection)  # an unreadable token is an error of its own, raised before the first stage
    return _test_and_keep(app, actor, connection, send_event=send_event)


def test_draft(
    app: App,
    actor: Actor,
    draft: Draft,
    token: str | None,
    *,
    send_event: bool = False,  # noqa: PT028 - a verb of the product, not a test
    replaces: str | None = None,  # noqa: PT028 - same
) -> Iterator[TestStage]:
    """Test what is on the screen with the token that was typed; a stored token never meets an unsaved address.

    `replaces` names the saved connection that is being edited. Nothing is stored, and the name may be missing.
    """
    require(actor, Permission.CONNECTIONS_WRITE, Permission.CONNECTIONS_TEST)
    secret, _ = token_from_input(token)
    connection = connection_of(app, draft, by=actor)
    edited = resolve(app, replaces).id if replaces else ""
    count_connection_test(app, by=actor)
    with app.database.begin() as tx:
        _audit(app, tx, actor, "connection.test_draft", edited)
    return check.stages(app.egress, app.catalogue, connection, token=secret, clock=app.clock, send_event=send_event)


def _test_and_keep(app: App, actor: Actor, connection: Connection, *, send_event: bool) -> Iterator[TestStage]:
    began = app.clock.monotonic()
    stages: list[TestStage] = []
    for stage in check.stages(
        app.egress, app.catalogue, connection, token=None, clock=app.clock, send_event=send_event
    ):
        stages.append(stage)
        yield stage
    report = _report(app, stages, began)
    tested = _with_report(connection, report)
    with app.database.begin() as tx:
        # A connection that was saved anew while it was tested is not the one this report is about.
        stored.record_test(tx, tested.id, report, tested.status, tested.access, version=tested.version)
        outcome = "done" if report.ok else "failed"
        _audit(app, tx, actor, "connection.test", connection.id, outcome=outcome)
    if tested.status is ConnectionStatus.ONLINE:
        _learn_zone(app, tested)


def _learn_zone(app: App, connection: Connection) -> None:
    """Let the time zone be known before the first export; what fails here is tried again when it is needed."""
    if app.catalogue.connector(connection.application).reads_with != connection.api_type:
        return
    with suppress(RemoteProblem):
        time_zone_of(app, app.egress, connection)


def _insert(
    app: App,
    actor: Actor,
    connection: Connection,
    secret: Secret,
    report: TestReport | None,
    *,
    trimmed: bool,
    action: str,
) -> Saved:
    connection = _with_report(connection, report)
    with app.database.begin() as tx:
        stored.insert(tx, connection)
        app.vault.seal(tx, connection, secret)
        _audit(app, tx, actor, action, connection.id, fields=_CLONED_FIELDS)
    return Saved(shown(app, connection), trimmed, report)


def _tested(app: App, actor: Actor, connection: Connection, secret: Secret, watch: Watch) -> TestReport:
    count_connection_test(app, by=actor)
    began = app.clock.monotonic()
    stages = []
    for stage in check.stages(app.egress, app.catalogue, connection, token=secret, clock=app.clock):
        watch(stage)
        stages.append(stage)
    report = _report(app, stages, began)
    refuse_failed(report)
    return report


def _report(app: App, stages: list[TestStage], began: float) -> TestReport:
    return with_changes(check.report(stages, app.clock), duration_ms=round((app.clock.monotonic() - began) * 1000))


def _with_report(connection: Connection, report: TestReport | None) -> Connection:
    if report is None:
        return connection
    return with_changes(connection, status=report.status, access=report.access, last_test=report)


def _refuse_lost_targets(tx: Any, before: Connection, after: Connection) -> None:
    """Raise Conflict for a new name under which the targets of stored exports would not be found."""
    if name_key(before.name) == name_key(after.name):
        return
    losing = exports_into(tx, before)
    if losing:
        raise Conflict(
            "connection_in_use",
            f"The targets of exports name the connection {before.name}: {', '.join(labels(losing))}.",
            hint="Keep the name, or let those exports load elsewhere first.",
            field="name",
        )


def _zone_kept(app: App, before: Connection, after: Connection, secret: Secret) -> str:
    """Return the time zone that is known, if this still is the same subscription: one address and one token."""
    try:
        same = before.http.origin == after.http.origin and app.vault.open(before) == secret
    except SetupProblem:
        same = False
    return before.time_zone if same else ""


def _require_save(actor: Actor, *, test: bool) -> None:
    require(actor, Permission.CONNECTIONS_WRITE)
    if test:
        require(actor, Permission.CONNECTIONS_TEST)


def _version_changed(now: Connection) -> Conflict:
    by = f" by {now.updated_by}" if now.updated_by else ""
    return Conflict(
        "version_changed",
        f"Connection {now.name} was saved{by} since you opened it, and nothing of yours was saved.",
        hint="Open it again and repeat your change.",
        field="version",
    )


def _changed(before: Connection, after: Connection) -> tuple[str, ...]:
    names = ("name", "application", "api_type", "http")
    return (*(name for name in names if getattr(before, name) != getattr(after, name)), "token")


def _audit(
    app: App,
    tx: Any,
    actor: Actor,
    action: str,
    object_id: str,
    *,
    outcome: str = "done",
    fields: tuple[str, ...] = (),
) -> None:
    audit.append(
        tx,
        at=app.clock.now(),
        actor=actor,
        action=action,
        object_kind="connection",
        object_id=object_id,
        outcome=outcome,
        fields=fields,
    )
