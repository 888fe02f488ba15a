"""The HTTP view as texts: one for each field, exactly as they stand in the form. Nothing is lost on the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, get_args, get_type_hints

from pendant.errors import WrongInput
from pendant.model.connection import Authentication, HttpSettings, Network, Ping, RateLimit, TokenLocation

Headers = tuple[tuple[str, str], ...]

LABELS = {
    "http_base_uri": "base URI",
    "http_auth_location": "authentication location",
    "http_auth_name": "authentication name",
    "http_auth_scheme": "authentication scheme",
    "http_media_type": "media type",
    "http_ping_method": "ping method",
    "http_ping_relative_uri": "ping relative URI",
    "http_ping_body": "ping body",
    "http_ping_success_path": "success path",
    "http_ping_success_values": "success values",
    "http_ping_error_path": "error path",
    "http_fail_status": "fail status",
    "http_retry_header": "retry header",
    "http_minimum_wait_ms": "minimum wait",
    "http_concurrency_level": "concurrency level",
    "http_network": "network",
}

LOCATIONS: tuple[str, ...] = get_args(TokenLocation)
MEDIA_TYPES: tuple[str, ...] = get_args(get_type_hints(HttpSettings)["media_type"])
NETWORKS: tuple[str, ...] = get_args(Network)
METHODS: tuple[str, ...] = get_args(get_type_hints(Ping)["method"])


@dataclass(frozen=True, slots=True)
class HttpTexts:
    """`fields` has every name of LABELS."""

    fields: Mapping[str, str]
    headers: Headers


def texts_of(http: HttpSettings) -> HttpTexts:
    auth, ping, rate = http.authentication, http.ping, http.rate_limit
    fields = {
        "http_base_uri": http.base_uri,
        "http_auth_location": auth.location,
        "http_auth_name": auth.name,
        "http_auth_scheme": auth.scheme,
        "http_media_type": http.media_type,
        "http_ping_method": ping.method,
        "http_ping_relative_uri": ping.relative_uri,
        "http_ping_body": ping.body,
        "http_ping_success_path": ping.success_path,
        "http_ping_success_values": "\n".join(ping.success_values),
        "http_ping_error_path": ping.error_path,
        "http_fail_status": str(rate.fail_status),
        "http_retry_header": rate.retry_header,
        "http_minimum_wait_ms": str(rate.minimum_wait_ms),
        "http_concurrency_level": str(http.concurrency_level),
        "http_network": http.network,
    }
    return HttpTexts(fields, http.headers)


def settings_of(texts: HttpTexts) -> HttpSettings:
    """Read the texts; raises WrongInput with the name of the form field for a number or choice that is none."""
    fields = texts.fields
    return HttpSettings(
        base_uri=fields["http_base_uri"].strip(),
        authentication=Authentication(
            location=_choice(fields, "http_auth_location", LOCATIONS),
            name=fields["http_auth_name"].strip(),
            scheme=fields["http_auth_scheme"].strip(),
        ),
        headers=texts.headers,
        media_type=_choice(fields, "http_media_type", MEDIA_TYPES),
        ping=Ping(
            method=_choice(fields, "http_ping_method", METHODS),
            relative_uri=fields["http_ping_relative_uri"].strip(),
            body=fields["http_ping_body"],
            success_path=fields["http_ping_success_path"].strip(),
            success_values=_lines(fields["http_ping_success_values"]),
            error_path=fields["http_ping_error_path"].strip(),
        ),
        rate_limit=RateLimit(
            fail_status=_number(fields, "http_fail_status"),
            retry_header=fields["http_retry_header"].strip(),
            minimum_wait_ms=_number(fields, "http_minimum_wait_ms"),
        ),
        concurrency_level=_number(fields, "http_concurrency_level"),
        network=_choice(fields, "http_network", NETWORKS),
    )


def same_newlines(text: str) -> str:
    """Undo what browsers do to line breaks in a form."""
    return text.replace("\r\n", "\n")


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _number(fields: Mapping[str, str], name: str) -> int:
    text = fields[name].strip()
    return int(text) if text.isascii() and text.isdecimal() else _refuse(name, "a whole number")


def _choice(fields: Mapping[str, str], name: str, choices: tuple[str, ...]) -> Any:
    return fields[name] if fields[name] in choices else _refuse(name, f"one of {', '.join(choices)}")


def _refuse(name: str, wanted: str) -> NoReturn:
    raise WrongInput("setting_invalid", f"The {LABELS[name]} must be {wanted}.", hint="Correct it.", field=name)
