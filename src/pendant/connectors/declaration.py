"""What a connector.yaml says: a connector as data. Strict: unknown keys and wrong types are refused."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from pendant.model.connection import Authentication, HttpSettings, Ping, RateLimit

Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=60)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
HttpsUri = Annotated[str, StringConstraints(pattern=r"^https://[a-z0-9.-]+$")]
Link = Annotated[str, StringConstraints(pattern=r"^https://[^\s]+$")]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ColumnType(StrEnum):
    """How a JSON value becomes a column. Times are milliseconds since the epoch on the wire."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    TIME_OR_NEVER = "time_or_never"
    """A time for which the other system writes 0 when it means never; 0 becomes null."""
    TEXTS = "texts"
    INTEGERS = "integers"
    NUMBERS = "numbers"
    JSON = "json"
    """Any value, kept as the exact JSON text that was received."""
    ANY_TEXT = "any_text"
    """A text as it is; any other value as its JSON text."""


class HelpSteps(_Declared):
    title: Text
    steps: tuple[Text, ...] = Field(min_length=1)


class TokenSetting(_Declared):
    label: Text = "Token"
    summary: Text
    help: HelpSteps | None = None
    shape: Literal["any", "integration_key", "shared_secret"] = "any"


class PingDeclared(_Declared):
    method: Literal["GET", "HEAD", "POST", "PUT"] = "GET"
    relative_uri: str = ""
    success_path: str = ""
    success_values: tuple[str, ...] = ()
    error_path: str = ""


class AuthenticationDeclared(_Declared):
    location: Literal["header", "url", "body"] = "header"
    name: Text = "Authorization"
    scheme: str = ""


class RateLimitDeclared(_Declared):
    fail_status: int = 429
    retry_header: str = "Retry-After"
    minimum_wait_ms: int = 0


class AddressDeclared(_Declared):
    """What the base URI of an API type looks like. `schemes` other than https and http have protocols of their own,
    and name the user whose password the token is.
    """

    label: Text = "Base URI"
    summary: Text = "Scheme and host. The token is bound to this origin and sent nowhere else."
    example: Text = "https://api.example.com"
    schemes: tuple[Literal["https", "http", "postgresql", "s3", "s3+http"], ...] = ("https", "http")

    @property
    def is_http(self) -> bool:
        """Say whether requests are what is sent there, so that headers, ping and the like mean something."""
        return set(self.schemes) <= {"https", "http"}


class ApiType(_Declared):
    """One way a connector talks. `host` names the column of the region table that gives its base URI."""

    name: Word
    title: Text
    summary: Text
    host: Literal["api", "data", "free"] = "free"
    address: AddressDeclared = AddressDeclared()
    token: TokenSetting
    authentication: AuthenticationDeclared = AuthenticationDeclared()
    media_type: Literal["json", "urlencoded", "xml", "plaintext"] = "json"
    ping: PingDeclared = PingDeclared()
    access_path: str = ""
    """Where the ping's answer says whether the token may write."""
    access: Literal["read-only", "read-write", "write-only", "unknown"] = "unknown"
    """What every token of this type may do, where the answer does not say."""
    rate_limit: RateLimitDeclared = RateLimitDeclared()
    concurrency_level: int = Field(default=4, ge=1, le=64)

    def settings(self, base_uri: str) -> HttpSettings:
        """Return the preset: what a connection of this type has when only its address is chosen."""
        return HttpSettings(
            base_uri=base_uri,
            authentication=Authentication(**self.authentication.model_dump()),
            media_type=self.media_type,
            ping=Ping(**self.ping.model_dump()),
            rate_limit=RateLimit(**self.rate_limit.model_dump()),
            concurrency_level=self.concurrency_level,
        )


class Region(_Declared):
    name: Word
    title: Text
    api: HttpsUri
    data: HttpsUri


class Reference(_Declared):
    title: Text
    url: Link


# The one place where a text may stand for something else: YAML has no enumerations.
TypeWord = Annotated[ColumnType, Field(strict=False)]


class NamedColumn(_Declared):
    type: TypeWord
    name: Name


Columns = dict[str, TypeWord | NamedColumn]


Kind = Literal[
    "entity",
    "rows",
    "list",
    "object",
    "event",
    "seen",
    "children",
    "members",
    "history",
    "nps",
    "schema",
    "aggregation",
]
TAKES_TIMES = frozenset({"event", "seen", "history", "aggregation"})
TAKES_IDS = frozenset({"children", "members", "history", "nps"})


class Resource(_Declared):
    """Something a connector can read. Columns map a dotted path in the record to a type.

    entity: everything of one kind, paged by `key`; rows: a small aggregation source; list: one array from `path`,
    or with `each` the parts of its objects; object: one small answer from `path`; event: rows of an aggregation
    source over time; seen: rows that sum up a span of time; children: an answer for each object of the resource
    `parent`; members: those of segments; history: what single visitors did; nps: answers to surveys; schema: the
    metadata schemas themselves; aggregation: whatever pipeline somebody writes.
    """

    name: Name
    title: Text
    summary: Text
    kind: Kind
    source: str = ""
    path: str = ""
    """Where it is asked for; `{id}` stands for the object above."""
    key: tuple[str, ...]
    time: str = ""
    position: str = ""
    """The column whose greatest value says how far somebody has read: rows that changed later have a later one."""
    cursor: Literal["", "key", "time"] = ""
    bucketed: bool = False
    """True: `time` is the start of a bucket; a bucket belongs to a window when its start does."""
    window_days_max: int = Field(default=0, ge=0)
    """The longest span that is asked for at once; 0: it has no span, or any."""
    days_back_max: int = Field(default=0, ge=0)
    """How far back there is anything; 0: from the beginning."""
    apps: Literal["", "source", "query"] = ""
    """Where applications are chosen: in the source's parameters or the query string. Empty: they cannot be."""
    metadata: Literal["", "visitor", "account"] = ""
    """The metadata schema that adds columns."""
    each: str = ""
    """The list inside each object whose elements are the rows; `parent` and `position` are put beside them."""
    parent: str = ""
    """The resource of kind list whose objects are asked for one by one."""
    nest: str = ""
    """Under which key a record stands as a whole, where its own fields are anybody's guess."""
    members: str = ""
    """The column that names the member of the answer a row comes from."""
    shares: tuple[Word, ...] = ()
    columns: Columns = {}
    per_app: Columns = {}
    """Fields of the group metadata.auto that also exist once for each application."""
    sample: dict[str, Any] = {}
    """One record as it is before it becomes a row."""

    @property
    def takes_times(self) -> bool:
        return self.kind in TAKES_TIMES

    @property
    def takes_ids(self) -> bool:
        return self.kind in TAKES_IDS

    @model_validator(mode="after")
    def _kind_has_what_it_needs(self) -> Self:
        needed = {
            "entity": bool(self.source and self.cursor == "key"),
            "rows": bool(self.source),
            "list": self.path.startswith("/"),
            "object": self.path.startswith("/") and bool(self.nest) == bool(self.members),
            "event": bool(self.source and self.time and self.cursor == "time" and self.window_days_max),
            "seen": bool(self.source),
            "children": bool(self.parent and "{id}" in self.path),
            "members": bool(self.parent and "{id}" in self.path),
            "history": bool("{id}" in self.path and self.days_back_max),
            "nps": bool(self.parent),
        }
        if not needed.get(self.kind, True) or (not self.key and self.kind != "aggregation"):
            raise ValueError(f"resource {self.name} lacks what the kind {self.kind} needs")
        return self


class Connector(_Declared):
    """One connector.yaml."""

    name: Word
    title: Text
    summary: Text
    regions: tuple[Region, ...] = ()
    api_types: tuple[ApiType, ...] = Field(min_length=1)
    references: tuple[Reference, ...] = ()
    reads_with: Word | None = None
    """The API type whose connections can be exported from."""
    column_sets: dict[Word, Columns] = {}
    resources: tuple[Resource, ...] = ()

    @model_validator(mode="after")
    def _names_are_known_and_unique(self) -> Self:
        for kind, names in (
            ("API type", [one.name for one in self.api_types]),
            ("region", [one.name for one in self.regions]),
            ("resource", [one.name for one in self.resources]),
        ):
            if len(names) != len({name.casefold() for name in names}):
                raise ValueError(f"a {kind} name stands twice")
        unknown = {name for resource in self.resources for name in resource.shares} - set(self.column_sets)
        if unknown:
            raise ValueError(f"unknown column sets: {', '.join(sorted(unknown))}")
        lists = {resource.name for resource in self.resources if resource.kind == "list" and not resource.each}
        if orphans := [one.name for one in self.resources if one.parent and one.parent not in lists]:
            raise ValueError(f"the parent of {', '.join(orphans)} is no list")
        if bool(self.resources) != (self.reads_with in {one.name for one in self.api_types}):
            raise ValueError("reads_with must name the API type that reads the resources")
        return self

    def resource(self, name: str) -> Resource:
        return next(one for one in self.resources if one.name == name)

    def columns_of(self, resource: Resource) -> Columns:
        """Return the declared columns, shared ones last."""
        shared: Columns = {}
        for name in resource.shares:
            shared |= self.column_sets[name]
        return resource.columns | {path: type_ for path, type_ in shared.items() if path not in resource.columns}
