"""What programs are answered. A field that is not listed here cannot get out; none of them can hold a stored token."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from pendant.model.access import Actor, Permission, Role
from pendant.model.account import ApiToken
from pendant.model.connection import Access, Connection, ConnectionStatus, HttpSettings, TestReport
from pendant.model.run import Progress, Reading, Run, RunState, SliceRecord, SliceState
from pendant.model.vault import VaultState, VaultStatus
from pendant.services.connections import Saved
from pendant.services.lookup import Use


class Shape(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class AuthenticationShape(Shape):
    location: str
    name: str
    scheme: str


class HeaderShape(Shape):
    name: str
    value: str


class PingShape(Shape):
    method: str
    relative_uri: str
    body: str
    success_path: str
    success_values: tuple[str, ...]
    error_path: str


class RateLimitShape(Shape):
    fail_status: int
    retry_header: str
    minimum_wait_ms: int


class HttpShape(Shape):
    base_uri: str
    network: str
    authentication: AuthenticationShape
    headers: tuple[HeaderShape, ...]
    media_type: str
    ping: PingShape
    rate_limit: RateLimitShape
    concurrency_level: int

    @classmethod
    def of(cls, http: HttpSettings) -> HttpShape:
        return cls(
            base_uri=http.base_uri,
            network=http.network,
            authentication=AuthenticationShape.model_validate(http.authentication),
            headers=tuple(HeaderShape(name=name, value=value) for name, value in http.headers),
            media_type=http.media_type,
            ping=PingShape.model_validate(http.ping),
            rate_limit=RateLimitShape.model_validate(http.rate_limit),
            concurrency_level=http.concurrency_level,
        )


class StageShape(Shape):
    name: str
    title: str
    outcome: str
    detail: str
    hint: str
    code: str


class ReportShape(Shape):
    ok: bool
    access: Access
    tested_at: datetime
    duration_ms: int
    stages: tuple[StageShape, ...]

    @classmethod
    def of(cls, report: TestReport) -> ReportShape:
        return cls.model_validate(report)


class ConnectionShape(Shape):
    id: str
    name: str
    application: str
    api_type: str
    region: str
    time_zone: str
    status: ConnectionStatus
    access: Access
    version: int
    created_at: datetime | None
    updated_at: datetime | None
    updated_by: str
    token_set_at: datetime | None
    used_by: tuple[str, ...]
    last_test: ReportShape | None
    http: HttpShape

    @classmethod
    def of(cls, connection: Connection) -> ConnectionShape:
        own = {name: getattr(connection, name) for name in cls.model_fields if name not in ("last_test", "http")}
        report = ReportShape.of(connection.last_test) if connection.last_test else None
        return cls(**own, last_test=report, http=HttpShape.of(connection.http))


class ConnectionsShape(Shape):
    connections: tuple[ConnectionShape, ...]


class SavedShape(Shape):
    """`token_trimmed` says that white space around the token was dropped."""

    connection: ConnectionShape
    token_trimmed: bool
    report: ReportShape | None

    @classmethod
    def of(cls, saved: Saved) -> SavedShape:
        report = ReportShape.of(saved.report) if saved.report else None
        return cls(connection=ConnectionShape.of(saved.connection), token_trimmed=saved.trimmed, report=report)


class UseShape(Shape):
    kind: str
    id: str
    label: str


class UsesShape(Shape):
    used_by: tuple[UseShape, ...]

    @classmethod
    def of(cls, uses: list[Use]) -> UsesShape:
        return cls(used_by=tuple(UseShape.model_validate(use) for use in uses))


class NoteShape(Shape):
    code: str
    message: str
    count: int


class SpanShape(Shape):
    """Event time that a run reads, and why: new, again, or final (for the last time)."""

    since: datetime
    until: datetime
    reading: Reading


class RunShape(Shape):
    id: str
    kind: str
    resource: str
    connection_id: str
    connection_name: str
    target: str
    definition: dict[str, Any]
    actor: str
    export_id: str | None
    export_name: str
    state: RunState
    reason: str
    error_code: str
    created_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    slices_total: int
    slices_done: int
    rows_read: int
    rows_written: int
    rows_expected: int | None
    bytes_read: int
    bytes_written: int
    requests: int
    retries: int
    duration_ms: int
    notes: tuple[NoteShape, ...]
    windows: tuple[SpanShape, ...]
    rows_restated: int | None

    @classmethod
    def of(cls, run: Run) -> RunShape:
        return cls.model_validate(run)


class RunsShape(Shape):
    runs: tuple[RunShape, ...]


class SliceShape(Shape):
    key: str
    label: str
    state: SliceState
    rows_read: int
    rows_written: int
    rows_expected: int | None
    bytes_read: int
    bytes_written: int

    @classmethod
    def of(cls, record: SliceRecord) -> SliceShape:
        counts = {name: getattr(record, name) for name in cls.model_fields if name not in ("key", "label", "state")}
        return cls(key=record.slice.key, label=record.slice.label, state=record.state, **counts)


class RunWithSlicesShape(Shape):
    run: RunShape
    slices: tuple[SliceShape, ...]


class ProgressShape(Shape):
    run_id: str
    state: RunState
    slices_done: int
    slices_total: int
    rows_read: int
    rows_written: int
    rows_total: int | None
    bytes_read: int
    requests: int
    retries: int
    seconds: float
    seconds_left: float | None
    waiting_for: str
    slices: tuple[SliceShape, ...]

    @classmethod
    def of(cls, progress: Progress) -> ProgressShape:
        """`slices` are those that are being read at this moment."""
        own = {name: getattr(progress, name) for name in cls.model_fields if name != "slices"}
        return cls(**own, slices=tuple(SliceShape.of(record) for record in progress.slices))


class TokenShape(Shape):
    """Describes an API token of this installation, without its text."""

    id: str
    name: str
    permissions: tuple[Permission, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, token: ApiToken) -> TokenShape:
        own = {name: getattr(token, name) for name in cls.model_fields if name != "permissions"}
        return cls(**own, permissions=tuple(sorted(token.permissions)))


class TokensShape(Shape):
    tokens: tuple[TokenShape, ...]


class CreatedTokenShape(Shape):
    """`text` is the API token itself, shown this once."""

    token: TokenShape
    text: str


class UserShape(Shape):
    id: str
    name: str
    role: Role
    created_at: datetime


class UsersShape(Shape):
    users: tuple[UserShape, ...]


class VaultShape(Shape):
    state: VaultState
    instance_id: str
    provider: str
    root_key_id: str
    keys: int
    secrets: int
    unreadable: tuple[str, ...]
    problem: str

    @classmethod
    def of(cls, status: VaultStatus) -> VaultShape:
        own = {name: getattr(status, name) for name in cls.model_fields if name not in ("root_key_id", "keys")}
        return cls(**own, root_key_id=status.root_kid, keys=status.keks)


class ActorShape(Shape):
    id: str
    name: str
    door: str
    permissions: tuple[Permission, ...]

    @classmethod
    def of(cls, actor: Actor) -> ActorShape:
        return cls(id=actor.id, name=actor.name, door=actor.door, permissions=tuple(sorted(actor.permissions)))
