"""The keyed hash behind hashed() in selections: HMAC-SHA-256, as 64 hexadecimal digits."""

from __future__ import annotations

import hmac
from typing import NoReturn, SupportsIndex

from pendant.errors import SetupProblem

HASH_KEY_FIELD = "hash-key"
HASH_KEY_VERSION = 1


class KeyedHash:
    """Implements model.vault.Hasher. Nothing that prints or copies it shows the key."""

    __slots__ = ("__key",)

    def __init__(self, key: bytes) -> None:
        self.__key = key

    def __call__(self, value: bytes, /) -> str:
        return hmac.digest(self.__key, value, "sha256").hex()

    def __repr__(self) -> str:
        return "KeyedHash(…)"

    def __reduce_ex__(self, _protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a KeyedHash cannot be pickled or copied")


def hash_key_unreadable() -> SetupProblem:
    return SetupProblem(
        "hash_key_unreadable",
        "The key of hashed() cannot be opened with this installation's keys.",
        hint="Restore database and key folder from backups that belong together; a new key would give other hashes.",
    )
