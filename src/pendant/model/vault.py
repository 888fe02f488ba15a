"""What the vault needs from whoever keeps its rows, and what others may ask of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol

from pendant.errors import SetupProblem
from pendant.model.connection import Connection
from pendant.model.secret import Secret

TOKEN_FIELD = "token"  # noqa: S105 - the name of a field, not a credential


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """One version of one secret field. `dek` and `ct` are blobs: version | algorithm | nonce | ciphertext | tag.

    An empty `connection_id` stands for the installation itself.
    """

    connection_id: str
    field: str
    version: int
    kek_id: str
    dek: bytes
    ct: bytes


@dataclass(frozen=True, slots=True)
class WrappedKek:
    """A key-encryption key, wrapped under the root key with id `root_kid`."""

    id: str
    state: Literal["active", "retiring"]
    root_kid: str
    wrapped: bytes
    created_at: datetime
    wraps: int = 0


class VaultState(StrEnum):
    """`empty`: there is no key yet. `locked`: no configured root key is usable here, or none opens what is stored.
    `partial`: some secrets do not open; their connections need their token again, the others work.
    """

    EMPTY = "empty"
    OK = "ok"
    LOCKED = "locked"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class VaultStatus:
    """`root_kid` is the id of the configured root key, empty when there is none; `unreadable` are connection ids."""

    state: VaultState
    instance_id: str
    provider: str
    root_kid: str
    keks: int
    secrets: int
    unreadable: tuple[str, ...] = ()
    problem: str = ""


class KeyRows(Protocol):
    """Kept by the store. `transaction` is the store's own object and opaque here: what is read and written
    through one transaction is one unit.
    """

    def begin(self) -> AbstractContextManager[Any]: ...

    def read(self) -> AbstractContextManager[Any]: ...

    def instance_id(self, transaction: Any) -> str: ...

    def keks(self, transaction: Any) -> Iterable[WrappedKek]: ...

    def insert_kek(self, transaction: Any, kek: WrappedKek) -> None: ...

    def retire_kek(self, transaction: Any, kek_id: str) -> None: ...

    def count_wrap(self, transaction: Any, kek_id: str) -> None: ...

    def secret(self, transaction: Any, connection_id: str, field: str) -> SealedSecret | None: ...

    def secrets(self, transaction: Any) -> Iterator[SealedSecret]:
        """Yield all of them, those of the installation too."""
        ...

    def put_secret(self, transaction: Any, sealed: SealedSecret) -> None:
        """Store this version and delete every other one of the same field."""
        ...

    def installation_secret(self, transaction: Any, field: str) -> SealedSecret | None: ...

    def put_installation_secret(self, transaction: Any, sealed: SealedSecret) -> None:
        """Store the first version of a secret that belongs to no connection."""
        ...

    def connections(self, transaction: Any) -> Iterable[Connection]: ...


class Hasher(Protocol):
    """The keyed hash of this installation: one value gives one text, on every machine that shares its keys."""

    def __call__(self, value: bytes, /) -> str: ...


def no_hasher() -> Hasher:
    """Stand where there is no installation, and so no key."""
    raise SetupProblem("hash_key_missing", "hashed() needs the key of an installation, and there is none here.")


class SecretOpener(Protocol):
    """All that egress knows of the vault."""

    def open(self, connection: Connection) -> Secret:
        """Return the token of a saved connection, or raise SecretUnreadable."""
        ...
