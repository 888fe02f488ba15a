"""What programs send. Unknown fields are errors, so nothing can be set that is not listed here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pendant.errors import WrongInput
from pendant.model.access import Permission
from pendant.model.connection import (
    CONCURRENCY_MAX,
    Authentication,
    Draft,
    HttpSettings,
    Network,
    Ping,
    RateLimit,
    TokenLocation,
)
from pendant.services.tokens import DAYS_DEFAULT

Line = Annotated[str, Field(max_length=500)]
Uri = Annotated[str, Field(max_length=2000)]
Token = Annotated[str | None, Field(repr=False)]
"""Judged by model.secret alone, which says what is wrong with it without repeating it."""


class Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class AuthenticationSent(Sent):
    location: TokenLocation = "header"
    name: Line = "Authorization"
    scheme: Line = ""


class HeaderSent(Sent):
    name: Line
    value: Uri


class PingSent(Sent):
    method: Literal["GET", "HEAD", "POST", "PUT"] = "GET"
    relative_uri: Uri = ""
    body: Annotated[str, Field(max_length=100_000)] = ""
    success_path: Line = ""
    success_values: tuple[Line, ...] = ()
    error_path: Line = ""


class RateLimitSent(Sent):
    fail_status: Annotated[int, Field(ge=100, le=599, strict=True)] = 429
    retry_header: Line = "Retry-After"
    minimum_wait_ms: Annotated[int, Field(ge=0, le=600_000, strict=True)] = 0


class HttpSent(Sent):
    """Take the same form as answers have; `network` follows from the base URI and is only compared with it."""

    base_uri: Uri
    network: Network = "public"
    authentication: AuthenticationSent = AuthenticationSent()
    headers: Annotated[tuple[HeaderSent, ...], Field(max_length=50)] = ()
    media_type: Literal["json", "urlencoded", "xml", "plaintext"] = "json"
    ping: PingSent = PingSent()
    rate_limit: RateLimitSent = RateLimitSent()
    concurrency_level: Annotated[int, Field(ge=1, le=CONCURRENCY_MAX, strict=True)] = 4

    def settings(self) -> HttpSettings:
        return HttpSettings(
            base_uri=self.base_uri,
            authentication=Authentication(**self.authentication.model_dump()),
            headers=tuple((header.name, header.value) for header in self.headers),
            media_type=self.media_type,
            ping=Ping(**self.ping.model_dump()),
            rate_limit=RateLimit(**self.rate_limit.model_dump()),
            concurrency_level=self.concurrency_level,
            network=self.network,
        )


class DraftSent(Sent):
    """Either `http` says everything, or the connector fills it in from `api_type` and `region` or `base_uri`."""

    application: Line
    name: Line = ""
    api_type: Line = ""
    region: Line = ""
    base_uri: Uri = ""
    http: HttpSent | None = None
    token: Token = None

    def draft(self) -> Draft:
        if self.http and (self.region or self.base_uri):
            raise WrongInput(
                "address_twice",
                "The request says twice where the connection leads: in `http` and in `region` or `base_uri`.",
                hint="Leave one of them out.",
                field="http.base_uri",
            )
        return Draft(
            name=self.name,
            application=self.application,
            api_type=self.api_type,
            region=self.region,
            base_uri=self.base_uri,
            http=self.http.settings() if self.http else None,
        )


class CreateConnection(DraftSent):
    test: bool = True


class ReplaceConnection(CreateConnection):
    """Take the whole connection: what is left out becomes what the connector says, never what was stored before."""

    version: Annotated[int, Field(ge=1, strict=True)]


class CloneConnection(Sent):
    name: Line
    token: Token = None
    test: bool = True


class TestDraft(DraftSent):
    """`replaces` is the id of the connection that is being edited."""

    send_event: bool = False
    replaces: Line | None = None


class TestConnection(Sent):
    send_event: bool = False


class CreateToken(Sent):
    name: Line
    permissions: tuple[Permission, ...]
    days: Annotated[int, Field(strict=True)] = DAYS_DEFAULT


class ChangePassword(Sent):
    """Both are judged by the service alone, which says what is wrong without repeating it."""

    old_password: Annotated[str, Field(repr=False)]
    new_password: Annotated[str, Field(repr=False)]
