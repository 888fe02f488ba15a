"""A connection in words: a line of the list, and everything about one except its token."""

from __future__ import annotations

from collections.abc import Iterator

from pendant.cli.shapes import moment
from pendant.model.connection import Connection, Ping

COLUMNS = ("Name", "Application", "API type", "Region", "Access", "Status", "Used by", "Last tested", "Updated")


def row(connection: Connection) -> tuple[object, ...]:
    return (
        connection.name,
        connection.application,
        connection.api_type,
        connection.region,
        connection.access.value,
        connection.status.value,
        len(connection.used_by) or "",
        moment(connection.last_test.tested_at) if connection.last_test else "never",
        moment(connection.updated_at),
    )


def facts(connection: Connection) -> Iterator[tuple[str, object]]:
    http = connection.http
    yield "Name", connection.name
    yield "Id", connection.id
    yield "Application", connection.application
    yield "API type", connection.api_type
    yield "Region", connection.region
    yield "Base URI", http.base_uri
    if connection.time_zone:
        yield "Time zone", f"{connection.time_zone}, where the days of the subscription begin"
    yield "Token", f"stored {moment(connection.token_set_at)}, never shown"
    yield "Sent in", f"{http.authentication.location} {http.authentication.name} {http.authentication.scheme}".strip()
    for name, value in http.headers:
        yield "Header", f"{name}: {value}"
    yield "Media type", http.media_type
    yield from _ping_facts(http.ping)
    yield "Too many requests", f"status {http.rate_limit.fail_status}, waits as {http.rate_limit.retry_header} says"
    yield "Minimum wait", f"{http.rate_limit.minimum_wait_ms} ms between two requests"
    yield "Concurrency", f"{http.concurrency_level} requests at the same time"
    yield "Status", connection.status.value
    yield "Access", connection.access.value
    yield "Last tested", moment(connection.last_test.tested_at) if connection.last_test else "never"
    yield "Version", connection.version
    yield "Updated", f"{moment(connection.updated_at)} by {connection.updated_by}"


def _ping_facts(ping: Ping) -> Iterator[tuple[str, object]]:
    yield "Ping", f"{ping.method} {ping.relative_uri}" if ping.relative_uri else "none"
    if ping.body:
        yield "Ping body", ping.body
    if ping.success_path:
        yield "Ping succeeds", f"when {ping.success_path} is {' or '.join(ping.success_values)}"
    if ping.error_path:
        yield "Ping error at", ping.error_path
