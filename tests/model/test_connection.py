from __future__ import annotations

from dataclasses import replace

import pytest

from pendant.model.connection import Authentication, Connection, HttpSettings, RateLimit

HTTP = HttpSettings(
    base_uri="https://app.pendo.io",
    authentication=Authentication("header", "x-pendo-integration-key", ""),
)
CONNECTION = Connection(id="c1", name="Production", application="pendo", api_type="engage", http=HTTP)


def with_http(**changes: object) -> Connection:
    return replace(CONNECTION, http=replace(HTTP, **changes))  # type: ignore[arg-type] - names come from the cases


@pytest.mark.parametrize(
    "changed",
    [
        replace(CONNECTION, application="http"),
        with_http(base_uri="https://app.eu.pendo.io"),
        with_http(base_uri="http://app.pendo.io"),
        with_http(base_uri="https://app.pendo.io:8443"),
        with_http(authentication=Authentication("header", "Authorization", "")),
        with_http(authentication=Authentication("header", "x-pendo-integration-key", "Bearer")),
        with_http(authentication=Authentication("url", "x-pendo-integration-key", "")),
        with_http(network="private"),
    ],
)
def test_a09_whatever_decides_where_the_token_goes_changes_the_binding(changed: Connection) -> None:
    assert changed.binding != CONNECTION.binding


@pytest.mark.parametrize(
    "changed",
    [
        replace(CONNECTION, name="Renamed", version=9),
        with_http(base_uri="https://app.pendo.io:443"),
        with_http(base_uri="https://APP.pendo.io/some/path"),
        with_http(authentication=Authentication("header", "X-Pendo-Integration-Key", "")),
        with_http(headers=(("accept-language", "en"),)),
        with_http(rate_limit=RateLimit(minimum_wait_ms=50), concurrency_level=2),
    ],
)
def test_what_does_not_move_the_token_leaves_the_binding_alone(changed: Connection) -> None:
    assert changed.binding == CONNECTION.binding


def test_a_url_parameter_is_another_one_in_another_case() -> None:
    lower, upper = (with_http(authentication=Authentication("url", name, "")) for name in ("key", "Key"))
    assert lower.binding != upper.binding
