"""The settings of a token connection that the HTTP view of the web app shows, as options."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal, TypeVar

from cyclopts import Group, Parameter

from pendant.errors import WrongInput
from pendant.model.connection import Authentication, HttpSettings, Ping, RateLimit

T = TypeVar("T")

HTTP_GROUP = Group("HTTP settings", sort_key=2)


def _option(name: str, text: str) -> Parameter:
    return Parameter(name=name, group=HTTP_GROUP, help=text)


def _list_option(name: str, text: str) -> Parameter:
    """Give a list its opposite as well, which empties it."""
    return Parameter(name=name, negative=name.replace("--", "--no-"), group=HTTP_GROUP, help=text)


@Parameter(name="*", group=HTTP_GROUP)
@dataclass(frozen=True, slots=True)
class HttpOptions:
    """None stands for: not given, so leave it as it is."""

    auth_location: Annotated[
        Literal["header", "url", "body"] | None,
        _option("--auth-location", "Where the token stands in a request."),
    ] = None
    auth_name: Annotated[
        str | None, _option("--auth-name", "Name of the header, URL parameter or body field that holds the token.")
    ] = None
    auth_scheme: Annotated[
        str | None, _option("--auth-scheme", "Word before the token, such as Bearer; empty for none.")
    ] = None
    header: Annotated[
        tuple[str, ...] | None,
        _list_option("--header", "Header to send with every request, as NAME=VALUE; may be given several times."),
    ] = None
    media_type: Annotated[
        Literal["json", "urlencoded", "xml", "plaintext"] | None,
        _option("--media-type", "What request bodies are written in."),
    ] = None
    ping_method: Annotated[
        Literal["GET", "HEAD", "POST", "PUT"] | None, _option("--ping-method", "Method of the test request.")
    ] = None
    ping_uri: Annotated[str | None, _option("--ping-uri", "Address of the test request, relative to the base URI.")] = (
        None
    )
    ping_body: Annotated[str | None, _option("--ping-body", "Body of the test request.")] = None
    ping_success_path: Annotated[
        str | None,
        _option("--ping-success-path", "Where the answer says that all is well: JSON keys with dots between them."),
    ] = None
    ping_success_value: Annotated[
        tuple[str, ...] | None,
        _list_option("--ping-success-value", "A value there that means success; may be given several times."),
    ] = None
    ping_error_path: Annotated[
        str | None, _option("--ping-error-path", "Where the answer explains an error: JSON keys with dots between.")
    ] = None
    fail_status: Annotated[int | None, _option("--fail-status", "Status that means: too many requests, wait.")] = None
    retry_header: Annotated[
        str | None, _option("--retry-header", "Header that then says how many seconds to wait.")
    ] = None
    minimum_wait_ms: Annotated[
        int | None, _option("--minimum-wait-ms", "Milliseconds between two requests at least.")
    ] = None
    concurrency: Annotated[
        int | None, _option("--concurrency", "How many requests may be under way at the same time.")
    ] = None

    @property
    def given(self) -> bool:
        return self != HttpOptions()


def with_options(http: HttpSettings, options: HttpOptions) -> HttpSettings:
    """Return `http` with those settings changed that were given."""
    return replace(
        http,
        authentication=_authentication(http.authentication, options),
        headers=http.headers if options.header is None else _headers(options.header),
        media_type=_or(options.media_type, http.media_type),
        ping=_ping(http.ping, options),
        rate_limit=_rate_limit(http.rate_limit, options),
        concurrency_level=_or(options.concurrency, http.concurrency_level),
    )


def _authentication(before: Authentication, options: HttpOptions) -> Authentication:
    location = _or(options.auth_location, before.location)
    # A URL parameter holds the token alone; the scheme that was there is not what somebody asked for now.
    usual_scheme = "" if location == "url" else before.scheme
    return Authentication(
        location=location, name=_or(options.auth_name, before.name), scheme=_or(options.auth_scheme, usual_scheme)
    )


def _ping(before: Ping, options: HttpOptions) -> Ping:
    return Ping(
        method=_or(options.ping_method, before.method),
        relative_uri=_or(options.ping_uri, before.relative_uri),
        body=_or(options.ping_body, before.body),
        success_path=_or(options.ping_success_path, before.success_path),
        success_values=_or(options.ping_success_value, before.success_values),
        error_path=_or(options.ping_error_path, before.error_path),
    )


def _rate_limit(before: RateLimit, options: HttpOptions) -> RateLimit:
    return RateLimit(
        fail_status=_or(options.fail_status, before.fail_status),
        retry_header=_or(options.retry_header, before.retry_header),
        minimum_wait_ms=_or(options.minimum_wait_ms, before.minimum_wait_ms),
    )


def _headers(given: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    pairs = [text.partition("=") for text in given]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise WrongInput(
                "header_invalid",
                "A --header is not of the form NAME=VALUE.",
                hint="Write, for example, --header X-Team=data.",
                field="header",
            )
    return tuple((name, value) for name, _, value in pairs)


def _or(given: T | None, before: T) -> T:
    return before if given is None else given
