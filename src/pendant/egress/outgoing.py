"""From a Request and a connection's settings to what is really sent; the token is placed here, last of all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus, urlencode

from yarl import URL

from pendant.egress.address import check_base_uri, check_path
from pendant.egress.reach import Network
from pendant.errors import WrongInput
from pendant.model.connection import Authentication, HttpSettings
from pendant.model.http import Method, Request
from pendant.version import __version__

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
HEADERS_MAX = 50
HEADER_LENGTH_MAX = 4096
CONTENT_TYPES = {
    "json": "application/json",
    "urlencoded": "application/x-www-form-urlencoded",
    "xml": "application/xml",
    "plaintext": "text/plain; charset=utf-8",
}

# They belong to the transport; whoever sets them changes where a message ends or who reads it.
_TRANSPORT_HEADERS = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "upgrade",
        "te",
        "trailer",
        "expect",
        "cookie",
        "cookie2",
        "accept-encoding",
        "content-encoding",
    }
)
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message ready to be sent. Everything that may hold the token stays out of its repr."""

    method: Method
    url: URL = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    timeout_seconds: float
    total_seconds: float


def check_headers(headers: Iterable[tuple[str, str]], authentication: Authentication) -> None:
    """Refuse headers that a person may not set. Raises WrongInput header_invalid, without repeating a value."""
    credentials = {"authorization"}
    if authentication.location == "header":
        credentials.add(authentication.name.lower())
    for count, (name, value) in enumerate(headers, start=1):
        lower = name.lower()
        if count > HEADERS_MAX:
            raise _header_invalid(f"There are more than {HEADERS_MAX} headers.", hint="Leave some out.")
        if not _HEADER_NAME.fullmatch(name):
            raise _header_invalid(
                "A header name contains a character that is not allowed, or is empty.",
                hint="Write a name such as X-Team.",
            )
        if lower in _TRANSPORT_HEADERS or lower.startswith(("proxy-", "sec-")):
            raise _header_invalid(f"The header {name} is set by Pendant itself.", hint="Leave it out.")
        if lower in credentials:
            raise _header_invalid(
                f"The header {name} carries credentials, which are never kept in the open.",
                hint="Enter the token in its own field.",
            )
        if not _HEADER_VALUE.fullmatch(value) or len(value) > HEADER_LENGTH_MAX:
            raise _header_invalid(
                f"The value of the header {name} is too long or has a character outside ASCII text.",
                hint=f"At most {HEADER_LENGTH_MAX} printable ASCII characters are possible.",
            )


def check_authentication(authentication: Authentication) -> None:
    """Refuse a place for the token that cannot exist. Raises WrongInput authentication_invalid."""
    name, scheme = authentication.name, authentication.scheme
    in_header = authentication.location == "header"
    if not name or (in_header and not _HEADER_NAME.fullmatch(name)):
        raise _authentication_invalid("The name of the place for the token is empty or not allowed.")
    if in_header and (name.lower() in _TRANSPORT_HEADERS or name.lower().startswith(("proxy-", "sec-"))):
        raise _authentication_invalid(f"The header {name} cannot carry a token; Pendant itself sets it.")
    if any(not "\x20" <= character <= "\x7e" for character in name + scheme):
        raise _authentication_invalid("The name or scheme of the token contains a character outside printable ASCII.")


def outgoing(request: Request, http: HttpSettings, token: str, allow_networks: tuple[Network, ...]) -> Outgoing:
    """Return the message for `request`, its token in the one place the connection has for it."""
    if request.method not in METHODS:
        raise WrongInput("method_invalid", "This method is not one that is ever sent.", field="method")
    if not _TOKEN.fullmatch(token):
        raise WrongInput("token_invalid", "The token contains characters that cannot be sent.", field="token")
    check_authentication(http.authentication)
    check_headers((*http.headers, *request.headers), http.authentication)
    value = f"{http.authentication.scheme} {token}" if http.authentication.scheme else token
    return Outgoing(
        method=request.method,
        url=_url(request, http, value, allow_networks),
        headers=_headers(request, http, value),
        body=_body(request, http, value),
        timeout_seconds=request.timeout_seconds,
        total_seconds=request.total_seconds,
    )


def _url(request: Request, http: HttpSettings, value: str, allow_networks: tuple[Network, ...]) -> URL:
    base, _ = check_base_uri(http.base_uri, allow_networks=allow_networks, network=http.network)
    check_path(request.path)
    query = list(request.query)
    if http.authentication.location == "url":
        if any(name == http.authentication.name for name, _ in query):
            raise _authentication_invalid("The URL parameter that carries the token is set by the request as well.")
        query.append((http.authentication.name, value))
    tail = f"?{urlencode(query, quote_via=quote)}" if query else ""
    url = URL(base + request.path + tail, encoded=True)
    if _origin(url) != http.origin:
        raise WrongInput("relative_uri_invalid", "The relative URI leads to another host.", field="relative_uri")
    return url


def _origin(url: URL) -> str:
    host = url.raw_host or ""
    return f"{url.scheme}://{f'[{host}]' if ':' in host else host}:{url.port}"


def _headers(request: Request, http: HttpSettings, value: str) -> tuple[tuple[str, str], ...]:
    headers = {
        "accept": ("Accept", "application/json, */*;q=0.5" if http.media_type == "json" else "*/*"),
        "accept-encoding": ("Accept-Encoding", "gzip, deflate"),
        "content-type": ("Content-Type", CONTENT_TYPES[http.media_type]),
        "user-agent": ("User-Agent", f"pendant/{__version__}"),
    }
    for name, text in (*http.headers, *request.headers):
        headers[name.lower()] = (name, text)
    if http.authentication.location == "header":
        headers[http.authentication.name.lower()] = (http.authentication.name, value)
    return tuple(headers.values())


def _body(request: Request, http: HttpSettings, value: str) -> bytes:
    if http.authentication.location != "body":
        return request.body
    if request.method in ("GET", "HEAD"):
        raise _authentication_invalid("The token belongs into the body, but a GET or HEAD request has none.")
    if http.media_type == "urlencoded":
        pair = f"{quote_plus(http.authentication.name)}={quote_plus(value)}".encode()
        return request.body + b"&" + pair if request.body else pair
    if http.media_type == "json":
        return _into_json(request.body, http.authentication.name, value)
    raise _authentication_invalid("A token can stand in a JSON or urlencoded body only.")


def _into_json(body: bytes, name: str, value: str) -> bytes:
    """Add the field in front, leaving every byte of the rest as it is."""
    field_text = f"{json.dumps(name)}:{json.dumps(value)}".encode()
    try:
        known = json.loads(body) if body.strip() else {}
    except ValueError:
        known = None
    if not isinstance(known, dict) or name in known:
        raise _authentication_invalid("The body has no room for the token: it is no JSON object or has that field.")
    rest = body.strip()[1:].lstrip() or b"}"
    return b"{" + field_text + (b"" if rest.startswith(b"}") else b",") + rest


def _header_invalid(message: str, *, hint: str) -> WrongInput:
    return WrongInput("header_invalid", message, hint=hint, field="headers")


def _authentication_invalid(message: str) -> WrongInput:
    return WrongInput("authentication_invalid", message, field="authentication")
