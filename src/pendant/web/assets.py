"""The files the pages load: read once, served under a name that changes with their content, all from this server."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_VERSION_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    media_type: str
    version: str


class Assets:
    """`url` is for templates; `get` answers requests, and only for files that were there at the start."""

    def __init__(self) -> None:
        root = files("pendant.web") / "static"
        self._assets = {name: _read(place, name) for name, place in _walk(root, "")}

    def url(self, name: str) -> str:
        return f"/static/{self._assets[name].version}/{name}"

    def get(self, name: str) -> Asset | None:
        return self._assets.get(name)


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _walk(entry, f"{prefix}{entry.name}/")
        elif re.search(r"\.(css|js|svg)$", entry.name):
            found.append((f"{prefix}{entry.name}", entry))
    return found


def _read(place: Traversable, name: str) -> Asset:
    content = place.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:_VERSION_LENGTH]
    return Asset(content, _TYPES[name.rpartition(".")[2]], digest)
