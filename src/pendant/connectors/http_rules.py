"""What HttpSettings may hold, beyond what egress itself demands of every request."""

from __future__ import annotations

import re
from typing import get_args

from pendant.egress.address import relative_parts
from pendant.egress.outgoing import check_authentication, check_headers
from pendant.errors import WrongInput
from pendant.model.connection import CONCURRENCY_MAX, HttpSettings, Ping, TokenLocation

VALUE_LENGTH_MAX = 4096
BODY_LENGTH_MAX = 100_000
WAIT_MS_MAX = 600_000

_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}")
_KEYS = re.compile(r"[^\s.]+(?:\.[^\s.]+)*")
_MEDIA_TYPES = ("json", "urlencoded", "xml", "plaintext")
_BODY_TYPES = ("json", "urlencoded")
_METHODS = ("GET", "HEAD", "POST", "PUT")
_WITHOUT_BODY = ("GET", "HEAD")


def check_http(http: HttpSettings) -> None:
    """Raise WrongInput with `field` naming the setting at fault. The base URI is checked by egress.address."""
    _one_of("location", http.authentication.location, get_args(TokenLocation))
    check_authentication(http.authentication)
    if http.authentication.location == "url" and http.authentication.scheme:
        raise _wrong("scheme", "a scheme before the token is for headers and bodies; leave it empty")
    check_headers(http.headers, http.authentication)
    _refuse_double_headers(http)
    _one_of("media_type", http.media_type, _MEDIA_TYPES)
    if http.authentication.location == "body":
        _one_of("media_type", http.media_type, _BODY_TYPES)
    _check_ping(http.ping)
    if http.authentication.location == "body" and http.ping.relative_uri and http.ping.method in _WITHOUT_BODY:
        raise _wrong("ping_method", "the token stands in the body, which only POST and PUT have")
    _within("fail_status", http.rate_limit.fail_status, 400, 599)
    if not _HEADER_NAME.fullmatch(http.rate_limit.retry_header):
        raise _wrong("retry_header", "a header name such as Retry-After is needed")
    _within("minimum_wait_ms", http.rate_limit.minimum_wait_ms, 0, WAIT_MS_MAX)
    _within("concurrency_level", http.concurrency_level, 1, CONCURRENCY_MAX)


def _refuse_double_headers(http: HttpSettings) -> None:
    names = [name.lower() for name, _ in http.headers]
    for name, value in http.headers:
        if names.count(name.lower()) > 1:
            raise _wrong("headers", f"{name} is set twice")
        if value != value.strip():
            raise _wrong("headers", f"the value of {name} begins or ends with white space")


def _check_ping(ping: Ping) -> None:
    _one_of("ping_method", ping.method, _METHODS)
    if ping.relative_uri:
        relative_parts(ping.relative_uri)
    if len(ping.body) > BODY_LENGTH_MAX:
        raise _wrong("ping_body", f"at most {BODY_LENGTH_MAX} characters are possible")
    if ping.body and ping.method in _WITHOUT_BODY:
        raise _wrong("ping_body", f"a {ping.method} request has no body; choose POST or PUT, or leave it empty")
    for field, path in (("success_path", ping.success_path), ("error_path", ping.error_path)):
        if path and not _KEYS.fullmatch(path):
            raise _wrong(field, "keys with dots between them are needed, such as data.status")
    if bool(ping.success_values) != bool(ping.success_path):
        missing = "success_path" if ping.success_values else "success_values"
        raise _wrong(missing, "the path and the values that mean success belong together")
    if any(not 0 < len(value) <= VALUE_LENGTH_MAX for value in ping.success_values):
        raise _wrong("success_values", "an empty or endless value can never be found; leave it out")


def _one_of(field: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise _wrong(field, f"one of {', '.join(choices)} is needed here")


def _within(field: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not low <= value <= high:
        raise _wrong(field, f"a whole number from {low} to {high} is needed")


def _wrong(field: str, what: str) -> WrongInput:
    name = field.replace("_", " ")
    return WrongInput("http_setting_invalid", f"The setting {name} is not usable: {what}.", field=field)
