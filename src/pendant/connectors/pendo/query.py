"""What is asked of Pendo: aggregation pipelines and lists, as requests."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Raw

from pendant.connectors.pendo.cut import NoResults, cut
from pendant.errors import BrokenAnswer, RemoteProblem
from pendant.model.http import Channel, Method, Request

AGGREGATION = "/api/v1/aggregation"
ALL_APPS = 'expandAppIds("*")'
# One aggregation may work for 5 minutes before its first byte, and then send up to 4 GB.
SILENCE_SECONDS = 330.0
TRANSFER_SECONDS = 4 * 3600.0
# What says "too much at once" is not worth another try: asking for less is.
TOO_MUCH = frozenset({408, 413, 504})
# Slashes, backslashes, control characters, and names of folders.
_ODD_IN_PATH = re.compile(r"[/\\%?#\x00-\x20\x7f]|^\.{0,2}$")
_RETRY = frozenset({429, 500, 502, 503})

# How often a short answer is asked for that arrives broken.
TRIES_MAX = 3

Stage = dict[str, Any]
Found = TypeVar("Found")


def aggregation(name: str, pipeline: Iterable[Stage]) -> Request:
    body = {
        "response": {"location": "request", "mimeType": "application/json"},
        "request": {"name": f"pendant {name}", "pipeline": list(pipeline)},
    }
    return Request(
        method="POST",
        path=AGGREGATION,
        headers=(("Content-Type", "application/json"),),
        body=msgspec.json.encode(body),
        retry_statuses=_RETRY,
        timeout_seconds=SILENCE_SECONDS,
        total_seconds=TRANSFER_SECONDS,
    )


def listing(path: str, *, app: int | None, by_app: bool) -> Request:
    """All applications, unless one is named; without either, Pendo shows the default application only."""
    query: tuple[tuple[str, str], ...] = ()
    if by_app:
        query = (("expand", "*"),) if app is None else (("appId", str(app)),)
    return Request(method="GET", path=path, query=query, timeout_seconds=SILENCE_SECONDS)


def of_object(path: str, id_: str, query: tuple[tuple[str, str], ...] = (), *, method: Method = "GET") -> Request:
    """Put an id into a path. One that cannot stand in a path as it is goes there as base64, and a header says so."""
    if _ODD_IN_PATH.search(id_) is None:
        return Request(method, path.format(id=quote(id_, safe="")), query=query, timeout_seconds=SILENCE_SECONDS)
    coded = base64.urlsafe_b64encode(id_.encode()).decode()
    headers = (("x-pendo-base64-encoded-params", "true"),)
    return Request(method, path.format(id=coded), query, headers, timeout_seconds=SILENCE_SECONDS)


def quoted(text: str) -> str:
    """Return a string literal of Pendo's expression language: a backslash escapes quotes and backslashes only."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def all_of(conditions: Iterable[str]) -> list[Stage]:
    joined = " && ".join(conditions)
    return [{"filter": joined}] if joined else []


def rows_of(channel: Channel, request: Request, counted: Callable[[], int]) -> Iterator[list[Raw]]:
    """Yield the rows of an aggregation. `null` in their place means that there are none where `counted` says so too."""
    try:
        with channel.stream(request) as body:
            yield from cut(body.pieces())
    except NoResults:
        if counted():
            raise


def count_of(channel: Channel, name: str, pipeline: Iterable[Stage]) -> int:
    """Return Pendo's own number of rows for a pipeline."""
    rows = small_rows(channel, aggregation(name, [*pipeline, {"count": None}]))
    count = rows[0].get("count") if rows else 0
    if not isinstance(count, int):
        raise BrokenAnswer("answer_unexpected", "Pendo did not answer a count with a number.")
    return count


def small_rows(channel: Channel, request: Request) -> list[dict[str, Any]]:
    """Return the rows of an aggregation that is known to be short."""
    return read_whole(channel, request, _small_rows)


def read_whole(channel: Channel, request: Request, read: Callable[[bytes], Found]) -> Found:
    """Return what `read` makes of the body of a short answer. One that arrives broken is asked for again."""
    for _ in range(TRIES_MAX - 1):
        with suppress(BrokenAnswer):
            return read(channel.call(request).body)
    return read(channel.call(request).body)


def _small_rows(body: bytes) -> list[dict[str, Any]]:
    try:
        return _small.decode(body).results
    except msgspec.DecodeError:
        raise BrokenAnswer("answer_unexpected", "The answer to an aggregation is not a list of rows.") from None


class _Small(msgspec.Struct):
    results: list[dict[str, Any]]


_small = msgspec.json.Decoder(_Small)


def asks_too_much(problem: RemoteProblem) -> bool:
    return problem.status in TOO_MUCH


def broke_off(problem: RemoteProblem) -> bool:
    """Tell whether an answer began well and did not come to its end."""
    return problem.status is None and problem.code in ("answer_broken", "answer_cut_short", "connection_broken")
