"""Looking for a token everywhere: every spelling it may have, in files of every kind the product writes."""

from __future__ import annotations

import base64
import gzip
import html
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, quote_plus

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

PART = 12


def spellings(token: str) -> dict[str, bytes]:
    """Return every form in which `token` would be the token still."""
    raw = token.encode()
    found: dict[str, bytes] = {
        "plain": raw,
        "JSON": json.dumps(token)[1:-1].encode(),
        "JSON with slashes": json.dumps(token)[1:-1].replace("/", "\\/").encode(),
        "JSON in JSON": json.dumps(json.dumps(token)[1:-1])[1:-1].encode(),
        "JSON in numbers": "".join(f"\\u{ord(character):04x}" for character in token).encode(),
        "Python": repr(token)[1:-1].encode(),
        "HTML": html.escape(token).encode(),
        "URL": quote(token, safe="").encode(),
        "URL path": quote(token).encode(),
        "form": quote_plus(token).encode(),
        "form of a browser": quote_plus(token, safe="*-._").encode(),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "UTF-16 little": token.encode("utf-16-le"),
        "UTF-16 big": token.encode("utf-16-be"),
        "backwards": raw[::-1],
    }
    for place in range(3):
        inside = _base64_inside(raw, place)
        found[f"base64 at {place}"] = inside
        found[f"URL base64 at {place}"] = inside.replace(b"+", b"-").replace(b"/", b"_")
    return found


def parts(token: str) -> set[bytes]:
    """Return the pieces that are long enough to be a part of this token and of nothing else."""
    return {token[start : start + PART].encode() for start in range(len(token) - PART + 1)}


class Search:
    """Knows one token. Its core, which every escaping leaves alone, is looked for as well, and so are its parts."""

    def __init__(self, token: str, core: str) -> None:
        assert core in token
        self._sought = {f"core, {name}": form for name, form in spellings(core).items()} | spellings(token)
        self._parts = parts(core)

    def in_bytes(self, content: bytes) -> list[str]:
        found = [name for name, form in self._sought.items() if form in content]
        lowered = content.lower()
        return found + ["a part" for part in self._parts if part in lowered][:1]

    def in_folder(self, folder: Path) -> list[str]:
        """Return what was found, each with its file; every file is looked at as it is and as what it means."""
        return [
            f"{name} in {path.relative_to(folder)}"
            for path in sorted(folder.rglob("*"))
            for name in (*self.in_bytes(str(path.name).encode()), *self._in_file(path))
        ]

    def in_all(self, evidence: Iterable[tuple[str, bytes]]) -> list[str]:
        return [f"{name} in {label}" for label, content in evidence for name in self.in_bytes(content)]

    def _in_file(self, path: Path) -> list[str]:
        if not path.is_file():
            return []
        content = path.read_bytes()
        readings = (content, *_meanings(path, content))
        return sorted({name for reading in readings for name in self.in_bytes(reading)})


def _meanings(path: Path, content: bytes) -> Iterator[bytes]:
    """Yield what a file says to the program that reads it."""
    if content.startswith(b"\x1f\x8b"):
        yield gzip.decompress(content)
    elif content.startswith(b"\x28\xb5\x2f\xfd"):
        with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
            yield stream.read()
    elif content.startswith(b"PAR1"):
        table = pq.read_table(path)
        yield repr(table.to_pylist()).encode()
        yield repr(pq.read_metadata(path).metadata).encode()
    elif content[8:12] == b"DUCK":
        yield from _duckdb(path)
    elif content.startswith(b"SQLite format 3"):
        with closing(sqlite3.connect(path)) as database:
            yield "\n".join(database.iterdump()).encode()
    else:
        yield from _inflated(content)


def _duckdb(path: Path) -> Iterator[bytes]:
    with duckdb.connect(str(path), read_only=True) as database:
        yield repr(database.execute("SELECT * FROM duckdb_tables()").fetchall()).encode()
        for (name,) in database.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            yield repr(database.execute(f'SELECT * FROM "{name}"').fetchall()).encode()


def _inflated(content: bytes) -> Iterator[bytes]:
    try:
        yield zlib.decompress(content)
    except zlib.error:
        return


def _base64_inside(raw: bytes, place: int) -> bytes:
    """Return the characters that `raw` alone decides when it stands `place` bytes into a longer text."""
    encoded = base64.b64encode(b"\0" * place + raw)
    return encoded[-(-place * 8 // 6) : (place + len(raw)) * 8 // 6]
