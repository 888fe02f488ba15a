"""Sealing and opening tokens.

    root key (outside the database) → key-encryption keys → one data key per version of a secret → the token

Every layer is AES-256-GCM; what each is bound to stands in format.py. The vault holds no token beyond a call.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from pendant.errors import SecretUnreadable
from pendant.model.clock import Clock
from pendant.model.connection import Connection
from pendant.model.secret import Secret
from pendant.model.vault import TOKEN_FIELD, KeyRows, SealedSecret, VaultState, VaultStatus
from pendant.vault.format import KEY_BYTES, Entropy, dek_context, open_blob, pad, seal_blob, token_context, unpad
from pendant.vault.hashing import HASH_KEY_FIELD, HASH_KEY_VERSION, KeyedHash, hash_key_unreadable
from pendant.vault.keks import WRAPS_MAX, Keks
from pendant.vault.roots import RootKeyProvider, VaultLocked

# What a sealed secret is bound to: installation, connection (empty: none), field, version.
Names = tuple[str, str, str, int]


class Vault:
    """Safe to share between threads. Implements model.vault.SecretOpener."""

    def __init__(
        self,
        rows: KeyRows,
        provider: RootKeyProvider,
        clock: Clock,
        *,
        kek_wraps_max: int = WRAPS_MAX,
        entropy: Entropy = os.urandom,
    ) -> None:
        self._rows = rows
        self._provider = provider
        self._entropy = entropy
        self._keks = Keks(rows, provider, clock, wraps_max=kek_wraps_max, entropy=entropy)

    def start(self) -> VaultStatus:
        """Make the first keys if nothing was ever sealed, and say how things stand. A locked vault changes nothing."""
        with self._rows.read() as tx:
            is_new = self._keks.none_yet(tx)
        if is_new:
            try:
                self._make_first_keys()
            except VaultLocked as locked:
                with self._rows.read() as tx:
                    return _locked(self._counted(tx, self._rows.instance_id(tx)), locked)
        return self.verify()

    def status(self) -> VaultStatus:
        """Say how things stand now; every stored token is opened to know."""
        with self._rows.read() as tx:
            return self._inspect(tx)

    def verify(self) -> VaultStatus:
        """Do as `status`, but from the root key up: no key that was unwrapped before is used."""
        self._keks.forget()
        return self.status()

    def seal(self, tx: Any, connection: Connection, token: Secret) -> None:
        """Store the token as that of `connection.version`, in place of any earlier one, within the caller's `tx`.

        Raises SetupProblem `vault_locked`.
        """
        names = (self._rows.instance_id(tx), connection.id, TOKEN_FIELD, connection.version)
        self._rows.put_secret(tx, self._sealed(tx, names, connection.binding, token.reveal().encode()))

    def open(self, connection: Connection) -> Secret:
        """Return the token, if it was sealed for exactly this connection, version and destination.

        Raises SecretUnreadable, or SetupProblem `vault_locked` when no token at all can be opened.
        """
        with self._rows.read() as tx:
            instance_id = self._rows.instance_id(tx)
            keks = self._keks.unwrapped(tx, instance_id)
            sealed = self._rows.secret(tx, connection.id, TOKEN_FIELD)
        return _opened(instance_id, keks, connection, sealed)

    def hasher(self) -> KeyedHash:
        """Return the keyed hash of this installation; its key is made when it is first asked for.

        Raises SetupProblem `hash_key_unreadable` or `vault_locked`; a key that does not open is never replaced.
        """
        with self._rows.read() as tx:
            exists = self._rows.installation_secret(tx, HASH_KEY_FIELD) is not None
        if not exists:
            self._make_hash_key()
        with self._rows.read() as tx:
            instance_id = self._rows.instance_id(tx)
            keks = self._keks.unwrapped(tx, instance_id)
            sealed = self._rows.installation_secret(tx, HASH_KEY_FIELD)
        try:
            return KeyedHash(_plain(keks, _hash_key_names(instance_id), b"", sealed))
        except SecretUnreadable:
            raise hash_key_unreadable() from None

    def _make_hash_key(self) -> None:
        # Under the write lock, so that of several machines that start together one makes it.
        with self._rows.begin() as tx:
            if self._rows.installation_secret(tx, HASH_KEY_FIELD) is not None:
                return
            names = _hash_key_names(self._rows.instance_id(tx))
            self._rows.put_installation_secret(tx, self._sealed(tx, names, b"", self._entropy(KEY_BYTES)))

    def _sealed(self, tx: Any, names: Names, binding: bytes, plain: bytes) -> SealedSecret:
        kek_id, kek = self._keks.for_sealing(tx, names[0])
        dek = self._entropy(KEY_BYTES)
        sealed = SealedSecret(
            connection_id=names[1],
            field=names[2],
            version=names[3],
            kek_id=kek_id,
            dek=seal_blob(kek, dek, dek_context(*names, kek_id), self._entropy),
            ct=seal_blob(dek, pad(plain), token_context(*names, binding), self._entropy),
        )
        self._rows.count_wrap(tx, kek_id)
        return sealed

    def _make_first_keys(self) -> None:
        # The write lock makes processes that start together go one by one; the second finds the first one's key.
        with self._rows.begin() as tx:
            if self._keks.none_yet(tx):
                self._keks.make_first(tx, self._rows.instance_id(tx))

    def _inspect(self, tx: Any) -> VaultStatus:
        instance_id = self._rows.instance_id(tx)
        status = self._counted(tx, instance_id)
        if status.keks == status.secrets == 0:
            return status
        try:
            status = replace(status, root_kid=self._keks.roots(instance_id).current.id)
            keks = self._keks.unwrapped(tx, instance_id)
        except VaultLocked as locked:
            return _locked(status, locked)
        unreadable = self._unreadable(tx, instance_id, keks)
        return replace(status, state=VaultState.PARTIAL if unreadable else VaultState.OK, unreadable=unreadable)

    def _counted(self, tx: Any, instance_id: str) -> VaultStatus:
        return VaultStatus(
            state=VaultState.EMPTY,
            instance_id=instance_id,
            provider=self._provider.name,
            root_kid="",
            keks=len(list(self._rows.keks(tx))),
            secrets=sum(1 for _ in self._rows.secrets(tx)),
        )

    def _unreadable(self, tx: Any, instance_id: str, keks: dict[str, bytes]) -> tuple[str, ...]:
        sealed = {row.connection_id: row for row in self._rows.secrets(tx) if row.field == TOKEN_FIELD}
        return tuple(
            connection.id
            for connection in self._rows.connections(tx)
            if not _opens(instance_id, keks, connection, sealed.get(connection.id))
        )


def _opened(instance_id: str, keks: dict[str, bytes], connection: Connection, sealed: SealedSecret | None) -> Secret:
    names = (instance_id, connection.id, TOKEN_FIELD, connection.version)
    return Secret(_plain(keks, names, connection.binding, sealed).decode())


def _plain(keks: dict[str, bytes], names: Names, binding: bytes, sealed: SealedSecret | None) -> bytes:
    if sealed is None or sealed.version != names[3] or sealed.kek_id not in keks:
        raise SecretUnreadable
    dek = open_blob(keks[sealed.kek_id], sealed.dek, dek_context(*names, sealed.kek_id))
    return unpad(open_blob(dek, sealed.ct, token_context(*names, binding)))


def _hash_key_names(instance_id: str) -> Names:
    return (instance_id, "", HASH_KEY_FIELD, HASH_KEY_VERSION)


def _opens(instance_id: str, keks: dict[str, bytes], connection: Connection, sealed: SealedSecret | None) -> bool:
    try:
        _opened(instance_id, keks, connection, sealed)
    except SecretUnreadable:
        return False
    return True


def _locked(status: VaultStatus, locked: VaultLocked) -> VaultStatus:
    return replace(status, state=VaultState.LOCKED, problem=str(locked))
