"""Known secrets are replaced wherever they turn up: raw, escaped, hex and base64, in text, bytes and streams."""

from __future__ import annotations

import base64
import html
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from pendant.model.clock import Clock

MARK = "[redacted]"
# A shorter pattern would tear holes into ordinary text.
PATTERN_LENGTH_MIN = 8
GRACE_SECONDS = 60.0


def forms(value: str) -> tuple[str, ...]:
    """Return every way `value` may be spelled in an answer or a log line, the longest first."""
    raw = value.encode()
    quoted = quote(value, safe="")
    escaped = json.dumps(value)[1:-1]
    escaped_twice = json.dumps(escaped)[1:-1]
    spellings = {
        value,
        quoted,
        quoted.lower() if quoted != value else value,
        escaped,
        escaped.replace("/", "\\/"),
        escaped_twice,
        html.escape(value),
        raw.hex(),
        raw.hex().upper(),
        *(_base64_inside(raw, shift) for shift in range(3)),
    }
    spellings |= {spelling.replace("+", "-").replace("/", "_") for spelling in spellings if _is_base64(spelling, raw)}
    return tuple(sorted((s for s in spellings if len(s) >= PATTERN_LENGTH_MIN), key=lambda s: (-len(s), s)))


def _base64_inside(raw: bytes, shift: int) -> str:
    """Return the characters that `raw` alone decides when it stands `shift` bytes into a longer encoded text."""
    text = base64.b64encode(b"\0" * shift + raw).decode()
    return text[(0, 2, 3)[shift] : (shift + len(raw)) * 8 // 6]


def _is_base64(spelling: str, raw: bytes) -> bool:
    return any(spelling == _base64_inside(raw, shift) for shift in range(3))


class Forms:
    """One secret in all its spellings, ready to be replaced. Its repr shows nothing of it."""

    __slots__ = ("_patterns", "_prefixes", "_texts")

    def __init__(self, value: str) -> None:
        self._texts = forms(value)
        self._patterns = tuple(text.encode() for text in self._texts)
        self._prefixes = frozenset(p[:size] for p in self._patterns for size in range(1, len(p)))

    def text(self, text: str) -> str:
        for pattern in self._texts:
            if pattern in text:
                text = text.replace(pattern, MARK)
        return text

    def data(self, data: bytes) -> bytes:
        for pattern in self._patterns:
            if pattern in data:
                data = data.replace(pattern, MARK.encode())
        return data

    def stream(self) -> FormsStream:
        return FormsStream(self)

    def open_end(self, data: bytes) -> int:
        """Return how many bytes at the end of `data` may be the beginning of a secret."""
        if not self._patterns:
            return 0
        longest = min(len(self._patterns[0]) - 1, len(data))
        return next((size for size in range(longest, 0, -1) if data[-size:] in self._prefixes), 0)


class FormsStream:
    """Replaces one secret in a body that comes in pieces, also where it lies across two of them.

    A piece is passed on whole unless its end looks like the beginning of the secret; only that end waits.
    """

    def __init__(self, known: Forms) -> None:
        self._known = known
        self._held = b""

    def feed(self, piece: bytes) -> bytes:
        data = self._known.data(self._held + piece if self._held else piece)
        size = self._known.open_end(data)
        self._held = data[len(data) - size :]
        return data[: len(data) - size] if size else data

    def finish(self) -> bytes:
        held, self._held = self._held, b""
        return held


@dataclass(slots=True)
class _Entry:
    known: Forms
    holders: int = 0
    until: float = 0.0


class Scrubber:
    """The secrets in use right now, in any thread, and for a grace time afterwards.

    Whoever opens a secret holds it here while it is in use, so that no log line written meanwhile can show it.
    """

    def __init__(self, clock: Clock, *, grace_seconds: float = GRACE_SECONDS) -> None:
        self._clock = clock
        self._grace_seconds = grace_seconds
        # Reentrant: the collector may run in here and make somebody's __del__ write a log line.
        self._lock = threading.RLock()
        self._entries: dict[str, _Entry] = {}

    @contextmanager
    def hold(self, value: str) -> Iterator[Forms]:
        with self._lock:
            entry = self._entries.get(value)
            if entry is None:
                entry = self._entries[value] = _Entry(Forms(value))
            entry.holders += 1
        try:
            yield entry.known
        finally:
            with self._lock:
                entry.holders -= 1
                entry.until = self._clock.monotonic() + self._grace_seconds
                self._forget_expired()

    def text(self, text: str) -> str:
        with self._lock:
            known = [entry.known for entry in self._entries.values()]
        for one in known:
            text = one.text(text)
        return text

    def forget(self) -> None:
        """Drop what is no longer in use and past its grace time."""
        with self._lock:
            self._forget_expired()

    def forget_idle(self) -> None:
        """Drop what is no longer in use, without waiting."""
        with self._lock:
            self._entries = {value: entry for value, entry in self._entries.items() if entry.holders}

    def _forget_expired(self) -> None:
        now = self._clock.monotonic()
        expired = [v for v, entry in self._entries.items() if not entry.holders and entry.until <= now]
        for value in expired:
            del self._entries[value]
