"""Who is in a segment: a job that Pendo works on, and a CSV when it is done."""

from __future__ import annotations

import codecs
import csv
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from urllib.parse import quote

import msgspec
from msgspec import Raw

from pendant.connectors.declaration import Resource
from pendant.connectors.pendo.nested import PARENT
from pendant.connectors.pendo.parents import Parent, Parents, halves_of, parents_of, slices_of
from pendant.connectors.pendo.query import Stage, all_of, count_of, of_object, quoted
from pendant.errors import BrokenAnswer, ServerTrouble
from pendant.model.http import Channel, Request
from pendant.model.pipeline import RunMeter
from pendant.model.run import Slice

ROWS_AT_ONCE = 5_000
PAUSE_SECONDS = 2.0
WAIT_SECONDS_MAX = 1800.0
# Pendo documents a word and not which; these are what such words begin with.
_DONE = ("complete", "done", "finish", "success", "ready")
_FAILED = ("fail", "error", "cancel", "abort")

_VISITOR = "visitorId"
_JSON_BEGINS = ("{", "[", '"')

Pause = Callable[[float], None]


class Members:
    """Implements Records: one slice for each segment."""

    def __init__(self, channel: Channel, resource: Resource, parents: Parents, *, pause: Pause = time.sleep) -> None:
        self._channel = channel
        self._resource = resource
        self._parents = parents
        self._pause = pause

    def plan(self) -> Sequence[Slice]:
        return slices_of(self._parents.found(), each=1)

    def split(self, part: Slice) -> tuple[Slice, Slice] | None:
        return halves_of(part)

    def count(self, part: Slice) -> int | None:
        return sum(self._count(one) for one in parents_of(part))

    def _count(self, segment: Parent, *conditions: str) -> int:
        members: list[Stage] = [{"source": {"visitors": None}}, {"segment": {"id": segment.id}}]
        return count_of(self._channel, "segment count", [*members, *all_of(conditions)])

    def read(self, part: Slice, _meter: RunMeter) -> Iterator[list[Raw]]:
        for segment in parents_of(part):
            job = self._begin(segment)
            self._wait_for(segment, job)
            yield from self._members(segment, job)

    def _begin(self, segment: Parent) -> str:
        answer = _plain(self._channel.call(of_object(self._resource.path, segment.id, method="POST")).body)
        found = answer.get("jobId") or answer.get("id") if isinstance(answer, dict) else answer
        if not isinstance(found, str | int) or found == "":
            raise BrokenAnswer("answer_unexpected", "Pendo named no job for the members of a segment.")
        return str(found)

    def _wait_for(self, segment: Parent, job: str) -> None:
        waited = 0.0
        while waited <= WAIT_SECONDS_MAX:
            said = _plain(self._channel.call(self._of_job(segment, job, "/status")).body)
            word = str(said.get("status") if isinstance(said, dict) else said).casefold()
            if word.startswith(_DONE):
                return
            if word.startswith(_FAILED):
                break
            self._pause(PAUSE_SECONDS)
            waited += PAUSE_SECONDS
        raise ServerTrouble(
            "job_not_done",
            f"Pendo did not finish the list of the members of {segment.id!r}; it says {word[:60]!r}.",
            hint="Try again later.",
        )

    def _members(self, segment: Parent, job: str) -> Iterator[list[Raw]]:
        above = {PARENT: {"id": segment.id, **segment.fields}}
        with self._channel.stream(self._of_job(segment, job, "/results/csv")) as body:
            pieces = _Pieces(body.pieces())
            rows = _rows(iter(pieces))
            last: dict[str, str] = {}
            while some := list(islice(rows, ROWS_AT_ONCE)):
                yield [Raw(msgspec.json.encode(above | row)) for row in some]
                last = some[-1]
        if last and not pieces.end_line:
            self._check_last(segment, last[_VISITOR])

    def _check_last(self, segment: Parent, visitor: str) -> None:
        """Raise unless Pendo knows the member whose line has no end: it may be the half of a name."""
        if not self._count(segment, f"visitorId == {quoted(visitor)}"):
            raise BrokenAnswer("answer_cut_short", "The CSV of a segment's members ended inside a name.")

    def _of_job(self, segment: Parent, job: str, rest: str) -> Request:
        return of_object(f"{self._resource.path}/{quote(job, safe='')}{rest}", segment.id)


def _plain(body: bytes) -> object:
    """Return the JSON of an answer; a word that stands without quotes is itself."""
    try:
        found: object = msgspec.json.decode(body)
    except msgspec.DecodeError:
        word = body.decode(errors="replace").strip()
        if word[:1] in _JSON_BEGINS:
            raise BrokenAnswer("answer_cut_short", "An answer about the members of a segment broke off.") from None
        return word
    return found


class _Pieces:
    """Passes a body on, and knows afterwards whether it ended with the end of a line."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.end_line = True

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if piece:
                self.end_line = piece.endswith((b"\n", b"\r"))
            yield piece


def _rows(pieces: Iterator[bytes]) -> Iterator[dict[str, str]]:
    """Read CSV with a header; a row of another length, or a quote without its end, is an answer that broke off."""
    try:
        lines = csv.reader(_lines(pieces), strict=True)
        header = next(lines, [])
        if _VISITOR not in header:
            raise BrokenAnswer("answer_unexpected", f"The CSV of a segment's members has no column {_VISITOR}.")
        for row in lines:
            if row:
                yield dict(zip(header, row, strict=True))
    except (csv.Error, ValueError) as problem:
        raise BrokenAnswer("answer_cut_short", f"The CSV of a segment's members is broken: {problem}.") from None


def _lines(pieces: Iterator[bytes]) -> Iterator[str]:
    """Split at line feeds; a quoted line break is put together again by the reader of the CSV."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + decoder.decode(piece)).split("\n")
        yield from (line + "\n" for line in whole)
    if rest := rest + decoder.decode(b"", final=True):
        yield rest
