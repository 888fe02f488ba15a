"""What HTTP settings may hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pendant.connectors.http_rules import check_http
from pendant.errors import WrongInput
from pendant.model.connection import Authentication, HttpSettings, Ping, RateLimit

GOOD = HttpSettings(base_uri="https://api.example.com")


@pytest.mark.parametrize(
    "http",
    [
        GOOD,
        replace(GOOD, headers=(("Accept-Language", "de"), ("X-Empty", ""))),
        replace(GOOD, authentication=Authentication("url", "api_key")),
        replace(GOOD, authentication=Authentication("body", "token"), ping=Ping("POST", "/ping", body="{}")),
        replace(GOOD, concurrency_level=64, rate_limit=RateLimit(503, "X-Wait", 600_000)),
    ],
)
def test_usable_settings_pass(http):
    check_http(http)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"authentication": Authentication("cookie", "x")}, "location"),
        ({"authentication": Authentication("header", "")}, "authentication"),
        ({"authentication": Authentication("header", "X Key")}, "authentication"),
        ({"authentication": Authentication("header", "Host")}, "authentication"),
        ({"authentication": Authentication("header", "X-Key", "a\r\nb")}, "authentication"),
        ({"authentication": Authentication("url", "key", "Bearer")}, "scheme"),
        ({"authentication": Authentication("body", "token"), "media_type": "xml"}, "media_type"),
        ({"authentication": Authentication("body", "token"), "ping": Ping("GET", "/x")}, "ping_method"),
        ({"headers": (("X-A", "1"), ("x-a", "2"))}, "headers"),
        ({"headers": (("X-A", "1\r\nX-B: 2"),)}, "headers"),
        ({"headers": (("X-A", " padded"),)}, "headers"),
        ({"headers": (("X-Ä", "1"),)}, "headers"),
        ({"headers": (("Transfer-Encoding", "chunked"),)}, "headers"),
        ({"headers": (("Authorization", "mine"),)}, "headers"),
        ({"media_type": "yaml"}, "media_type"),
        ({"ping": Ping("DELETE", "/x")}, "ping_method"),
        ({"ping": Ping("GET", "//other.example.com/x")}, "relative_uri"),
        ({"ping": Ping("GET", "/a/../b")}, "relative_uri"),
        ({"ping": Ping("GET", "/a\nb")}, "relative_uri"),
        ({"ping": Ping("GET", "/a", body="{}")}, "ping_body"),
        ({"ping": Ping("POST", "/a", body="x" * 100_001)}, "ping_body"),
        ({"ping": Ping("GET", "/a", success_values=("1",))}, "success_path"),
        ({"ping": Ping("GET", "/a", success_path="ok")}, "success_values"),
        ({"ping": Ping("GET", "/a", success_path="a..b", success_values=("1",))}, "success_path"),
        ({"ping": Ping("GET", "/a", success_path="a", success_values=("",))}, "success_values"),
        ({"ping": Ping("GET", "/a", error_path="a b")}, "error_path"),
        ({"rate_limit": RateLimit(fail_status=200)}, "fail_status"),
        ({"rate_limit": RateLimit(retry_header="")}, "retry_header"),
        ({"rate_limit": RateLimit(minimum_wait_ms=-1)}, "minimum_wait_ms"),
        ({"concurrency_level": 0}, "concurrency_level"),
        ({"concurrency_level": 65}, "concurrency_level"),
    ],
)
def test_a_setting_that_cannot_work_is_named(change, field):
    with pytest.raises(WrongInput) as problem:
        check_http(replace(GOOD, **change))
    assert problem.value.field == field
