"""A connection: one system, how it is reached, and what its token is bound to. Never the token itself."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal
from urllib.parse import urlsplit

NAME_LENGTH_MAX = 100
CONCURRENCY_MAX = 64
# What an address can begin with. The first two are HTTP; the others are systems with a protocol of their own.
DEFAULT_PORTS = {"https": 443, "http": 80, "postgresql": 5432, "s3": 443, "s3+http": 80}
# What is never encrypted, and therefore reaches allowed private networks only.
PLAIN_SCHEMES = ("http", "s3+http")

TokenLocation = Literal["header", "url", "body"]
Network = Literal["public", "private"]


@dataclass(frozen=True, slots=True)
class Authentication:
    """Where the token stands in a request.

    `name` is the header, URL parameter or body field; `scheme` a word before the token ("Bearer"), or empty.
    """

    location: TokenLocation = "header"
    name: str = "Authorization"
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Ping:
    """The request that shows whether the connection works.

    Any 2xx answer is a success unless `success_path` (dots between keys, in a JSON answer) is given; then the
    value found there must be one of `success_values` (compared as JSON text: "true", "1", "ok").
    `error_path` is where the answer explains itself. An empty `relative_uri` means: there is nothing safe to ask.
    """

    method: Literal["GET", "HEAD", "POST", "PUT"] = "GET"
    relative_uri: str = ""
    body: str = ""
    success_path: str = ""
    success_values: tuple[str, ...] = ()
    error_path: str = ""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`fail_status` marks "slow down"; `retry_header` then holds seconds; `minimum_wait_ms` lies between requests."""

    fail_status: int = 429
    retry_header: str = "Retry-After"
    minimum_wait_ms: int = 0


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """What the HTTP view shows and edits; the Simple view is derived from it, so neither can lose anything."""

    base_uri: str
    authentication: Authentication = Authentication()
    headers: tuple[tuple[str, str], ...] = ()
    media_type: Literal["json", "urlencoded", "xml", "plaintext"] = "json"
    ping: Ping = Ping()
    rate_limit: RateLimit = RateLimit()
    concurrency_level: int = 4
    network: Network = "public"

    @property
    def origin(self) -> str:
        """Scheme, host and port, in lower case and always with the port: what the token may be sent to. Where the
        address names a user, whose password the token is, that user stands before the host.
        """
        parts = urlsplit(self.base_uri)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 80)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        user = f"{parts.username}@" if parts.username else ""
        return f"{parts.scheme}://{user}{host}:{port}"

    @property
    def scheme(self) -> str:
        return urlsplit(self.base_uri).scheme

    @property
    def encrypted(self) -> bool:
        """Say whether nothing is ever sent without a trusted certificate; elsewhere only private networks are."""
        return self.base_uri.lower().startswith("https:") or self.network == "public"


class Access(StrEnum):
    """What the token may do, as the last test found out."""

    READ_ONLY = "read-only"
    READ_WRITE = "read-write"
    WRITE_ONLY = "write-only"
    UNKNOWN = "unknown"


class ConnectionStatus(StrEnum):
    """`online`: the other system took the token. `reachable`: it answers, but there is no request, or none was sent,
    that shows whether the token is valid. `token-needed`: the token is missing or cannot be opened any more.
    """

    UNTESTED = "untested"
    ONLINE = "online"
    REACHABLE = "reachable"
    FAILING = "failing"
    TOKEN_NEEDED = "token-needed"  # noqa: S105 - a state, not a credential


StageOutcome = Literal["ok", "failed", "skipped", "warning"]


@dataclass(frozen=True, slots=True)
class TestStage:
    """One line of a staged report. `name` is stable (address, name, tls, answer, key, access, format, event), and so is
    the `code` of one that failed.
    """

    __test__ = False

    name: str
    title: str
    outcome: StageOutcome
    detail: str = ""
    hint: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class TestReport:
    """What Test connection found. `ok` is true when no stage failed."""

    __test__ = False

    tested_at: datetime
    stages: tuple[TestStage, ...]
    access: Access = Access.UNKNOWN
    duration_ms: int = 0

    @property
    def ok(self) -> bool:
        return bool(self.stages) and all(stage.outcome != "failed" for stage in self.stages)

    @property
    def status(self) -> ConnectionStatus:
        """Return what the report says of the connection it is about."""
        if not self.ok:
            return ConnectionStatus.FAILING
        proofs = [stage for stage in self.stages if stage.name in ("key", "event") and stage.outcome == "ok"]
        return ConnectionStatus.ONLINE if proofs else ConnectionStatus.REACHABLE


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody entered in the panel, without the token. Unset parts are filled in from the connector."""

    name: str
    application: str
    api_type: str = ""
    region: str = ""
    base_uri: str = ""
    http: HttpSettings | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """A stored connection. `id` is a random UUID; `version` counts saves and is the optimistic lock.

    `application` names the connector, `api_type` one of its API types. `region` is derived from the base URI.
    `time_zone` is the one at whose midnights the days of the other system begin; empty until it was found out.
    """

    id: str
    name: str
    application: str
    api_type: str
    http: HttpSettings
    version: int = 1
    created_at: datetime | None = None
    updated_at: datetime | None = None
    updated_by: str = ""
    token_set_at: datetime | None = None
    status: ConnectionStatus = ConnectionStatus.UNTESTED
    access: Access = Access.UNKNOWN
    last_test: TestReport | None = None
    region: str = ""
    time_zone: str = ""
    used_by: tuple[str, ...] = field(default=())

    @property
    def binding(self) -> bytes:
        """SHA-256 of everything that decides where the token goes; part of the sealed token's associated data."""
        bound = {
            "connector": self.application,
            "origins": [self.http.origin],
            "auth": [
                self.http.authentication.location,
                # A header is the same header in any case; a URL parameter or body field is not.
                self.http.authentication.name.lower()
                if self.http.authentication.location == "header"
                else self.http.authentication.name,
                self.http.authentication.scheme,
            ],
            "tls": "verified" if self.http.encrypted else "none",
            "network": self.http.network,
        }
        text = json.dumps(bound, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).digest()
