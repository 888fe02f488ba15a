"""The verified cut: a body of any size becomes lists of whole records, with a few MB in memory.

Pendo answers `{"startTime": …, "results": [{…}, {…}]}`, or a bare array for lists, and has no marker for the end of
a page. So a cut is tried where one record seems to end and the next to begin, looking back from the end of the
buffer, and a JSON parser judges: `[` + the records before the cut + `]` parses only when the cut lies between two
records. The end of the body is recognised by its content; anything else is an error and never a short answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from msgspec import Raw

from pendant.errors import BrokenAnswer, RemoteProblem

PIECE_BYTES = 700_000
RECORD_BYTES_MAX = 128_000_000
_HEAD_BYTES = 1_000_000
_REJECTIONS_NEAR = 3
_WINDOWS = (1 << 12, 1 << 16, 1 << 20, RECORD_BYTES_MAX * 2)

_RESULTS = re.compile(rb'"results"\s*:\s*\[')
_ARRAY = re.compile(rb"\s*\[")
_FIRST_KEY = re.compile(rb'\s*(\{"(?:[^"\\]|\\.)*")')
_BETWEEN = re.compile(rb"\s*,\s*")
_LOOSE = re.compile(rb"\}\s*,\s*\{")


class _Envelope(msgspec.Struct):
    results: list[Raw] | None


_records = msgspec.json.Decoder(list[Raw])
_envelope = msgspec.json.Decoder(_Envelope)
_object = msgspec.json.Decoder(dict[str, Raw])


class NoResults(BrokenAnswer):
    """`"results": null` came: no rows, or no answer. Only a count of the same rows can tell."""


def cut(pieces: Iterator[bytes], *, bare: bool = False, piece_bytes: int = PIECE_BYTES) -> Iterator[list[Raw]]:
    """Yield the records of one body in order, each exactly once, in lists that are never empty.

    `bare` says that the records are the body, with nothing around them.

    Where the body breaks off, whole records that arrived are yielded first; then what `pieces` raised, or
    BrokenAnswer (`answer_cut_short`, `answer_unexpected`, `record_too_large`, NoResults `results_null`), is raised.
    """
    return _Cutter(piece_bytes, bare=bare).records(pieces)


class _Cutter:
    """`opening` is what stood before the first record, once it is known; the buffer then begins with a record."""

    def __init__(self, piece_bytes: int, *, bare: bool) -> None:
        self._piece_bytes = piece_bytes
        self._bare = bare
        self._buffer = bytearray()
        self._opening = b""

    def records(self, pieces: Iterator[bytes]) -> Iterator[list[Raw]]:
        wanted = self._piece_bytes
        try:
            for piece in pieces:
                self._buffer += piece
                if len(self._buffer) < wanted:
                    continue
                found = self._whole_records()
                wanted = self._piece_bytes if found else 2 * len(self._buffer)
                if found:
                    yield found
                elif wanted > RECORD_BYTES_MAX:
                    raise _too_large()
        except RemoteProblem:
            if found := self._whole_records(broken=True):
                yield found
            raise
        yield from self._end()

    def _end(self) -> Iterator[list[Raw]]:
        try:
            found = self._rest()
        except msgspec.DecodeError as problem:
            if found := self._whole_records(broken=True):
                yield found
            raise _unexpected() if isinstance(problem, msgspec.ValidationError) else _cut_short() from None
        if found:
            yield found

    def _rest(self) -> list[Raw]:
        text = self._opening + bytes(self._buffer)
        if text.lstrip()[:1] != b"{" or self._bare:
            return _records.decode(text)
        results = _envelope.decode(text).results
        if results is None:
            raise NoResults("results_null", "The answer holds null in place of its rows.", hint="Run it again.")
        return results

    def _whole_records(self, *, broken: bool = False) -> list[Raw]:
        """Take as many whole records as can be found off the buffer; none when no cut can be proved."""
        if not self._opening and not self._open():
            if broken or len(self._buffer) < _HEAD_BYTES:
                return []
            raise _unexpected()
        for end in self._candidates():
            with memoryview(self._buffer) as view:
                text = b"".join((b"[", view[:end], b"]"))
            try:
                found = _records.decode(text)
            except msgspec.DecodeError:
                continue
            between = _BETWEEN.match(self._buffer, end)
            del self._buffer[: between.end() if between else end]
            return found
        return []

    def _open(self) -> bool:
        """Find where the records begin. A `"results"` is the right one when it is a key of the outermost object."""
        head = bytes(self._buffer[:_HEAD_BYTES])
        if array := _ARRAY.match(head):
            self._begin(b"[", array.end())
            return True
        if self._bare:
            return False
        for results in _RESULTS.finditer(head):
            try:
                _object.decode(head[: results.start()] + b'"results":0}')
            except msgspec.DecodeError:
                continue
            self._begin(b'{"results":[', results.end())
            return True
        return False

    def _begin(self, opening: bytes, end: int) -> None:
        self._opening = opening
        del self._buffer[:end]

    def _candidates(self) -> Iterator[int]:
        """Yield places behind a `}` where a record may end, the best guesses first, then from further back."""
        if key := _FIRST_KEY.match(self._buffer):
            yield from self._ends_before(b"}," + key[1])
        yield from self._loose_ends()

    def _ends_before(self, mark: bytes) -> Iterator[int]:
        limit, rejections = len(self._buffer), 0
        while (place := self._buffer.rfind(mark, 0, limit)) >= 0:
            yield place + 1
            rejections += 1
            # Inside one large nested list every candidate is wrong: leave it in ever longer jumps.
            limit = place + 1 if rejections <= _REJECTIONS_NEAR else max(0, place - (256 << (2 * rejections)))

    def _loose_ends(self) -> Iterator[int]:
        """For records whose keys come in any order or stand among white space."""
        for window in _WINDOWS:
            start = max(0, len(self._buffer) - window)
            ends = [found.start() + 1 for found in _LOOSE.finditer(self._buffer, start)]
            yield from reversed(ends[-_REJECTIONS_NEAR:])
            if len(ends) > _REJECTIONS_NEAR:
                yield ends[0]
            if start == 0:
                return


def _cut_short() -> BrokenAnswer:
    return BrokenAnswer(
        "answer_cut_short",
        "The answer ended in the middle of the data.",
        hint="Nothing of it was taken as complete; run it again.",
    )


def _unexpected() -> BrokenAnswer:
    return BrokenAnswer(
        "answer_unexpected",
        "The answer is not a list of records.",
        hint="Check that the base URI is the address of Pendo's API.",
    )


def _too_large() -> BrokenAnswer:
    return BrokenAnswer("record_too_large", f"One record is larger than {RECORD_BYTES_MAX // 1_000_000} MB.")
