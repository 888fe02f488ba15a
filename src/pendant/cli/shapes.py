"""The JSON of the command line. What is not listed here cannot get out; docs/cli.md describes each shape."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pendant.connectors.declaration import Connector
from pendant.model.account import ApiToken, User
from pendant.model.connection import Connection, HttpSettings, TestReport, TestStage
from pendant.model.run import Progress, Run, SliceRecord, Span
from pendant.model.vault import VaultStatus


def connection_shape(connection: Connection) -> dict[str, Any]:
    return {
        "id": connection.id,
        "name": connection.name,
        "application": connection.application,
        "api_type": connection.api_type,
        "region": connection.region,
        "time_zone": connection.time_zone,
        "status": connection.status.value,
        "access": connection.access.value,
        "version": connection.version,
        "created_at": moment(connection.created_at),
        "updated_at": moment(connection.updated_at),
        "updated_by": connection.updated_by,
        "token_set_at": moment(connection.token_set_at),
        "used_by": list(connection.used_by),
        "last_test": report_shape(connection.last_test) if connection.last_test else None,
        "http": http_shape(connection.http),
    }


def http_shape(http: HttpSettings) -> dict[str, Any]:
    return {
        "base_uri": http.base_uri,
        "network": http.network,
        "authentication": {
            "location": http.authentication.location,
            "name": http.authentication.name,
            "scheme": http.authentication.scheme,
        },
        "headers": [{"name": name, "value": value} for name, value in http.headers],
        "media_type": http.media_type,
        "ping": {
            "method": http.ping.method,
            "relative_uri": http.ping.relative_uri,
            "body": http.ping.body,
            "success_path": http.ping.success_path,
            "success_values": list(http.ping.success_values),
            "error_path": http.ping.error_path,
        },
        "rate_limit": {
            "fail_status": http.rate_limit.fail_status,
            "retry_header": http.rate_limit.retry_header,
            "minimum_wait_ms": http.rate_limit.minimum_wait_ms,
        },
        "concurrency_level": http.concurrency_level,
    }


def report_shape(report: TestReport) -> dict[str, Any]:
    return {
        "ok": report.ok,
        "access": report.access.value,
        "tested_at": moment(report.tested_at),
        "duration_ms": report.duration_ms,
        "stages": [stage_shape(stage) for stage in report.stages],
    }


def stage_shape(stage: TestStage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "title": stage.title,
        "outcome": stage.outcome,
        "detail": stage.detail,
        "hint": stage.hint,
        "code": stage.code,
    }


def run_shape(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "kind": run.kind,
        "resource": run.resource,
        "connection": {"id": run.connection_id, "name": run.connection_name},
        "target": run.target,
        "definition": run.definition,
        "actor": run.actor,
        "export": {"id": run.export_id, "name": run.export_name} if run.export_id else None,
        "state": run.state.value,
        "reason": run.reason,
        "error_code": run.error_code,
        "created_at": moment(run.created_at),
        "started_at": moment(run.started_at),
        "finished_at": moment(run.finished_at),
        "slices_total": run.slices_total,
        "slices_done": run.slices_done,
        "rows_read": run.rows_read,
        "rows_written": run.rows_written,
        "rows_expected": run.rows_expected,
        "bytes_read": run.bytes_read,
        "bytes_written": run.bytes_written,
        "requests": run.requests,
        "retries": run.retries,
        "duration_ms": run.duration_ms,
        "notes": [{"code": note.code, "message": note.message, "count": note.count} for note in run.notes],
        "windows": [window_shape(span) for span in run.windows],
        "rows_restated": run.rows_restated,
    }


def window_shape(span: Span) -> dict[str, Any]:
    return {"since": moment(span.since), "until": moment(span.until), "reading": span.reading.value}


def slice_shape(record: SliceRecord) -> dict[str, Any]:
    return {
        "key": record.slice.key,
        "label": record.slice.label,
        "state": record.state.value,
        "rows_read": record.rows_read,
        "rows_written": record.rows_written,
        "rows_expected": record.rows_expected,
        "bytes_read": record.bytes_read,
        "bytes_written": record.bytes_written,
    }


def progress_shape(progress: Progress) -> dict[str, Any]:
    """Describe a moment of a run; `slices` are those that are being read."""
    return {
        "event": "progress",
        "run": progress.run_id,
        "state": progress.state.value,
        "slices_done": progress.slices_done,
        "slices_total": progress.slices_total,
        "rows_read": progress.rows_read,
        "rows_written": progress.rows_written,
        "rows_total": progress.rows_total,
        "bytes_read": progress.bytes_read,
        "requests": progress.requests,
        "retries": progress.retries,
        "seconds": round(progress.seconds, 3),
        "seconds_left": None if progress.seconds_left is None else round(progress.seconds_left, 1),
        "waiting_for": progress.waiting_for,
        "slices": [slice_shape(record) for record in progress.slices],
    }


def vault_shape(status: VaultStatus) -> dict[str, Any]:
    return {
        "state": status.state.value,
        "instance_id": status.instance_id,
        "provider": status.provider,
        "root_key_id": status.root_kid,
        "keys": status.keks,
        "secrets": status.secrets,
        "unreadable": list(status.unreadable),
        "problem": status.problem,
    }


def user_shape(user: User) -> dict[str, Any]:
    return {"id": user.id, "name": user.name, "role": user.role.value, "created_at": moment(user.created_at)}


def token_shape(token: ApiToken) -> dict[str, Any]:
    """Describe an API token without its text."""
    return {
        "id": token.id,
        "name": token.name,
        "permissions": sorted(token.permissions),
        "created_at": moment(token.created_at),
        "expires_at": moment(token.expires_at),
        "last_used_at": moment(token.last_used_at),
        "revoked_at": moment(token.revoked_at),
    }


def connector_shape(connector: Connector) -> dict[str, Any]:
    return {
        "name": connector.name,
        "title": connector.title,
        "summary": connector.summary,
        "api_types": [
            {"name": each.name, "title": each.title, "summary": each.summary} for each in connector.api_types
        ],
        "regions": [
            {"name": each.name, "title": each.title, "api": each.api, "data": each.data} for each in connector.regions
        ],
        "resources": [each.name for each in connector.resources],
    }


def moment(value: datetime | None) -> str | None:
    return value.isoformat(timespec="seconds").replace("+00:00", "Z") if value else None
