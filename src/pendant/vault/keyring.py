"""The key file: a small JSON document in the key folder that holds the root keys of one installation.

{"format": 1, "instance_id": "…", "keys": {"current": {"id", "key", "created_at"}, "next": null, "previous": null}}
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from pendant.errors import SetupProblem
from pendant.vault.files import create_private, read_private, refuse_open_folder
from pendant.vault.format import KEY_BYTES, Entropy
from pendant.vault.roots import RootKey, RootKeys, decoded_key

FILE_NAME = "root-key.json"
FORMAT = 1


class KeyringFile:
    """The provider an installation has unless it chooses another."""

    name = "file"

    def __init__(self, key_dir: Path, *, entropy: Entropy = os.urandom) -> None:
        self._path = key_dir / FILE_NAME
        self._entropy = entropy

    @property
    def place(self) -> str:
        return f"the key file {self._path}"

    def load(self) -> RootKeys | None:
        refuse_open_folder(self._path.parent)
        content = read_private(self._path)
        return None if content is None else self._parsed(content)

    def create(self, instance_id: str, now: datetime) -> RootKeys:
        refuse_open_folder(self._path.parent)
        keys = RootKeys(current=RootKey(self._entropy(KEY_BYTES)), instance_id=instance_id)
        if create_private(self._path, _document(keys, now)):
            return keys
        theirs = self.load()
        if theirs is None:
            raise self._damaged()
        return theirs

    def _parsed(self, content: bytes) -> RootKeys:
        try:
            document = json.loads(content)
            if document["format"] != FORMAT:
                raise self._damaged()
            keys = {role: _key(entry) for role, entry in document["keys"].items() if entry is not None}
            return RootKeys(instance_id=str(document["instance_id"]), **keys)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise self._damaged() from None  # the original text would quote the document

    def _damaged(self) -> SetupProblem:
        return SetupProblem(
            "key_file_damaged",
            f"The key file {self._path} is damaged, or was written by a newer Pendant.",
            hint="Restore it from your backup of the key folder.",
        )


def _key(entry: dict[str, Any]) -> RootKey:
    material = decoded_key(entry["key"].encode())
    if material is None:
        raise ValueError("not a key")
    key = RootKey(material)
    if key.id != entry["id"]:
        raise ValueError("not the key it says it is")
    return key


def _document(keys: RootKeys, now: datetime) -> bytes:
    current = {"id": keys.current.id, "key": keys.current.as_base64(), "created_at": now.isoformat()}
    roles = {"current": current, "next": None, "previous": None}
    document = {"format": FORMAT, "instance_id": keys.instance_id, "keys": roles}
    return json.dumps(document, indent=2).encode() + b"\n"
