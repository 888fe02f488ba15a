"""Root keys that are given rather than made, and the choice among all providers."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from pendant.errors import SetupProblem
from pendant.settings import Settings
from pendant.vault.files import read_mounted, read_private
from pendant.vault.keyring import KeyringFile
from pendant.vault.roots import RootKey, RootKeyProvider, RootKeys, decoded_key

# Where container platforms and systemd put secrets: readable by the whole container and behind links, by design.
MOUNTED_SECRETS = (Path("/run/secrets"), Path("/var/run/secrets"), Path("/run/credentials"))

_WANTED = "32 random bytes are needed, raw, as hex or as base64."
_MAKE_ONE = "Make one with: openssl rand -base64 32"


class KeyFile:
    """PENDANT_ROOT_KEY_FILE: a file that holds nothing but the key."""

    name = "root-key-file"

    def __init__(self, path: Path, *, mounted: tuple[Path, ...] = MOUNTED_SECRETS) -> None:
        self._path = path
        self._mounted = mounted

    @property
    def place(self) -> str:
        return f"PENDANT_ROOT_KEY_FILE ({self._path})"

    def load(self) -> RootKeys:
        content = read_mounted(self._path) if self._is_mounted() else read_private(self._path)
        if content is None:
            raise SetupProblem(
                "root_key_missing",
                f"PENDANT_ROOT_KEY_FILE names {self._path}, which does not exist.",
                hint="Correct the path, or put the key back.",
                field="PENDANT_ROOT_KEY_FILE",
            )
        return _given(content, "PENDANT_ROOT_KEY_FILE")

    def create(self, instance_id: str, now: datetime) -> NoReturn:
        raise NotImplementedError("load() returns the key or says why not")

    def _is_mounted(self) -> bool:
        if any(self._path.is_relative_to(folder) for folder in self._mounted):
            return True
        return self._path.exists() and bool(os.statvfs(self._path).f_flag & os.ST_RDONLY)


class EnvironmentKey:
    """PENDANT_ROOT_KEY: the last choice, for other processes of the same user can read the environment."""

    name = "environment"
    place = "PENDANT_ROOT_KEY"

    def __init__(self, text: str) -> None:
        self._text = text

    def load(self) -> RootKeys:
        return _given(self._text.encode(), "PENDANT_ROOT_KEY")

    def create(self, instance_id: str, now: datetime) -> NoReturn:
        raise NotImplementedError("load() returns the key or says why not")


def provider_from(settings: Settings) -> RootKeyProvider:
    if settings.root_key and settings.root_key_file:
        raise SetupProblem(
            "setting_twice",
            "Both PENDANT_ROOT_KEY and PENDANT_ROOT_KEY_FILE are set; keep one.",
            field="PENDANT_ROOT_KEY",
        )
    if settings.root_key_file:
        return KeyFile(settings.root_key_file)
    if settings.root_key:
        return EnvironmentKey(settings.root_key)
    return KeyringFile(settings.key_dir)


def _given(content: bytes, setting: str) -> RootKeys:
    key = decoded_key(content)
    if key is None:
        raise SetupProblem(
            "root_key_invalid", f"{setting} does not hold a root key; {_WANTED}", hint=_MAKE_ONE, field=setting
        )
    return RootKeys(current=RootKey(key))
