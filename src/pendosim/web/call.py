"""A request as handlers see it, and what they answer."""

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import msgspec

from pendosim.aggregation.answer import Piece
from pendosim.errors import Refused
from pendosim.keys import Key
from pendosim.values import from_json, to_json
from pendosim.world.world import World


@dataclass
class Call:
    world: World
    method: str
    raw_path: str
    """Percent-encoded still, without the query."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    key: Key | None = None
    names: dict[str, str] = field(default_factory=dict)
    """What stands in the path's places, decoded."""
    without_auto: bool = False
    """A fault wants rows without metadata.auto."""

    def segments(self) -> list[str]:
        return [unquote(part) for part in self.raw_path.strip("/").split("/")]

    def entity_id(self, name: str) -> str:
        """Read an id from the path; base64 if a header says so (either alphabet, padded or not)."""
        given = self.names[name]
        if self.headers.get("x-pendo-base64-encoded-params", "").lower() != "true":
            return given
        plain = given.translate(str.maketrans("-_", "+/")).rstrip("=")
        try:
            return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode()
        except ValueError as bad:
            raise Refused("the id in the path is not base64") from bad

    def json(self) -> Any:
        return parsed_json(self.body)


def parsed_json(body: bytes) -> Any:
    try:
        return from_json(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as bad:
        raise Refused("the body is not JSON") from bad
    except RecursionError as deep:
        raise Refused("the body is nested too deeply") from deep


@dataclass
class Reply:
    status: int = 200
    content_type: str = "application/json"
    body: bytes = b""
    pieces: Iterator[Piece] | None = None
    """Instead of a body: streamed, in chunks."""


def json_reply(value: object) -> Reply:
    return Reply(body=to_json(value))


def text_reply(status: int, text: str) -> Reply:
    return Reply(status, "text/plain", text.encode())


Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Route:
    method: str
    pattern: tuple[str, ...]
    handler: Handler
    write: bool = False
    """Needs a key with write access."""

    def match(self, method: str, segments: list[str]) -> dict[str, str] | None:
        if method != self.method or len(segments) != len(self.pattern):
            return None
        names = {}
        for wanted, given in zip(self.pattern, segments, strict=True):
            if wanted.startswith("{") and given:
                names[wanted[1:-1]] = given
            elif wanted != given:
                return None
        return names


def route(method: str, path: str, handler: Handler, *, write: bool = False) -> Route:
    return Route(method, tuple(path.strip("/").split("/")), handler, write)
