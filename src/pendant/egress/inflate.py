"""Undoing gzip and deflate piece by piece, with limits: a small answer cannot unfold into all the memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

PIECE_BYTES = 1 << 20
RATIO_MAX = 200
# Short bodies of repeated text compress far better than any real answer; the ratio is judged beyond this.
RATIO_FROM_BYTES = 8 << 20
MEMBERS_MAX = 10_000

# "deflate" means the zlib format; a body without its header is refused like any other broken one.
WINDOW_BITS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class CannotInflateError(Exception):
    """The compressed body is damaged, ends early or unfolds beyond the limit. Says which, and nothing of the body."""


class Inflater:
    def __init__(self, encoding: str) -> None:
        self._window_bits = WINDOW_BITS[encoding]
        self._engine = zlib.decompressobj(self._window_bits)
        self._members = 1
        self._taken = 0
        self._given = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        more = False
        while data or more:
            if self._engine.eof:
                self._next_member()
            try:
                piece = self._engine.decompress(data, PIECE_BYTES)
            except zlib.error:
                raise CannotInflateError("its compressed data is damaged") from None
            done = self._engine.eof
            rest = self._engine.unused_data if done else self._engine.unconsumed_tail
            self._taken += len(data) - len(rest)
            data = rest
            # A full piece may have left more inside the engine although all input was taken.
            more = len(piece) == PIECE_BYTES and not done
            if piece:
                self._count(piece)
                yield piece

    def finish(self) -> None:
        if self._taken and not self._engine.eof:
            raise CannotInflateError("its compressed data ends in the middle")

    def _next_member(self) -> None:
        self._members += 1
        if self._window_bits == zlib.MAX_WBITS or self._members > MEMBERS_MAX:
            raise CannotInflateError("something follows its compressed data")
        self._engine = zlib.decompressobj(self._window_bits)

    def _count(self, piece: bytes) -> None:
        self._given += len(piece)
        if self._given > RATIO_FROM_BYTES and self._given > self._taken * RATIO_MAX:
            raise CannotInflateError(f"it unfolds to more than {RATIO_MAX} times its size")
