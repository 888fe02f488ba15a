"""The body of an answer as the caller gets it: counted, decompressed, scrubbed of the token."""

from __future__ import annotations

from collections.abc import Iterator

from pendant.egress.exchange import Exchange, ExchangeError, Head
from pendant.egress.inflate import WINDOW_BITS, CannotInflateError, Inflater
from pendant.egress.verdict import EXCERPT_CHARACTERS_MAX, TOO_LARGE, unreadable
from pendant.model.http import Meter
from pendant.model.scrub import Forms

ANSWER_BYTES_MAX = 64 << 20
_ERROR_BYTES_MAX = 64 << 10


class ExchangeBody:
    """Reads the rest of an exchange once. Its failures are ExchangeError."""

    def __init__(self, exchange: Exchange, head: Head, known: Forms, meter: Meter | None) -> None:
        self._exchange = exchange
        self._head = head
        self._known = known
        self._meter = meter

    @property
    def status(self) -> int:
        return self._head.status

    def pieces(self) -> Iterator[bytes]:
        stream = self._known.stream()
        for piece in self._inflated():
            if clean := stream.feed(piece):
                yield clean
        if rest := stream.finish():
            yield rest

    def whole(self, limit: int = ANSWER_BYTES_MAX) -> bytes:
        parts = []
        size = 0
        for piece in self._inflated():
            size += len(piece)
            if size > limit:
                raise ExchangeError(TOO_LARGE)
            parts.append(piece)
        return self._known.data(b"".join(parts))

    def excerpt(self) -> str:
        """Return the beginning of an answer that is an error, for people; empty when it cannot be read."""
        parts = []
        size = 0
        try:
            for piece in self._inflated():
                parts.append(piece)
                size += len(piece)
                if size >= _ERROR_BYTES_MAX:
                    break
        except ExchangeError:
            # The status is what counts; of its explanation we take what arrived.
            pass
        return excerpt_of(b"".join(parts)[:_ERROR_BYTES_MAX].decode("utf-8", "replace"), self._known)

    def _inflated(self) -> Iterator[bytes]:
        encoding = self._head.header("Content-Encoding").strip().lower()
        if self._head.header("Transfer-Encoding").strip().lower() not in ("", "chunked"):
            raise ExchangeError(unreadable("it is transferred in a way nobody asked for"))
        if encoding in ("", "identity"):
            yield from self._received()
            return
        if encoding not in WINDOW_BITS:
            raise ExchangeError(unreadable("it is compressed in a way nobody asked for"))
        inflater = Inflater(encoding)
        try:
            for chunk in self._received():
                yield from inflater.feed(chunk)
            inflater.finish()
        except CannotInflateError as problem:
            raise ExchangeError(unreadable(str(problem))) from None

    def _received(self) -> Iterator[bytes]:
        for chunk in self._exchange.chunks():
            if self._meter is not None:
                self._meter.bytes_received(len(chunk))
            yield chunk


def excerpt_of(text: str, known: Forms) -> str:
    """Return at most 500 characters of `text`, without the token and on one line."""
    clean = known.text(text)
    shown = "".join(character if character.isprintable() else " " for character in clean)
    return " ".join(shown.split())[:EXCERPT_CHARACTERS_MAX]
