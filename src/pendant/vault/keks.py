"""Key-encryption keys: made, unwrapped, remembered for a few minutes, and replaced before they are worn out."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

from pendant.errors import SecretUnreadable, SetupProblem
from pendant.model.clock import Clock
from pendant.model.vault import KeyRows, WrappedKek
from pendant.vault.format import KEY_BYTES, Entropy
from pendant.vault.roots import RootKeyProvider, RootKeys, VaultLocked

WRAPS_MAX = 2**20
AGE_MAX = timedelta(days=365)
REMEMBERED_SECONDS = 300.0

_RESTORE = "Restore the database from a backup."


class Keks:
    def __init__(
        self, rows: KeyRows, provider: RootKeyProvider, clock: Clock, *, wraps_max: int, entropy: Entropy
    ) -> None:
        self._rows = rows
        self._provider = provider
        self._clock = clock
        self._wraps_max = wraps_max
        self._entropy = entropy
        self._lock = threading.Lock()
        # The wrapped form is part of the name: a row that was altered is never served from memory.
        self._remembered: dict[tuple[str, bytes], tuple[bytes, float]] = {}

    def none_yet(self, tx: Any) -> bool:
        """Tell whether nothing was ever sealed; only then may a key be made."""
        return not list(self._rows.keks(tx)) and next(iter(self._rows.secrets(tx)), None) is None

    def make_first(self, tx: Any, instance_id: str) -> tuple[str, bytes]:
        """Make root key (unless it is given) and key-encryption key. The root key is on disk before this returns."""
        return self._make(tx, instance_id, self.roots(instance_id, may_create=True))

    def roots(self, instance_id: str, *, may_create: bool = False) -> RootKeys:
        """Return the root keys as they are now. Raise VaultLocked when there are none for this installation."""
        try:
            roots = self._provider.load()
            if roots is None and may_create:
                roots = self._provider.create(instance_id, self._clock.now())
        except SetupProblem as problem:
            raise VaultLocked(problem.message, hint=problem.hint) from problem
        if roots is None:
            raise VaultLocked(
                f"The vault is locked: this database has keys, but {self._provider.place} is missing.",
                hint="Put it back from your backup of the key folder; without it no stored token can be opened.",
            )
        if roots.instance_id not in ("", instance_id):
            raise VaultLocked(
                f"The vault is locked: {self._provider.place} belongs to another installation than this database.",
                hint="Set PENDANT_KEY_DIR and PENDANT_DATA_DIR to folders that belong together.",
            )
        return roots

    def unwrapped(self, tx: Any, instance_id: str) -> dict[str, bytes]:
        """Return every key that opens, by id. Raise VaultLocked when none does although something was sealed."""
        rows = list(self._rows.keks(tx))
        if not rows and self.none_yet(tx):
            return {}
        opened = {row.id: kek for row in rows if (kek := self._recall(row)) is not None}
        if rows and len(opened) == len(rows):
            return opened
        roots = self.roots(instance_id)
        for row in rows:
            kek = _unwrap(roots, instance_id, row)
            if kek is not None:
                self._remember(row, kek)
                opened[row.id] = kek
        if not opened:
            raise self._no_match(roots, rows)
        return opened

    def for_sealing(self, tx: Any, instance_id: str) -> tuple[str, bytes]:
        """Return id and key of the active key, after replacing it within `tx` if it has served its time."""
        if self.none_yet(tx):
            return self.make_first(tx, instance_id)
        keks = self.unwrapped(tx, instance_id)
        active = next((row for row in self._rows.keks(tx) if row.state == "active"), None)
        if active is None or active.id not in keks:
            raise VaultLocked("The vault's active key is missing or damaged.", hint=_RESTORE)
        if active.wraps < self._wraps_max and self._clock.now() - active.created_at < AGE_MAX:
            return active.id, keks[active.id]
        self._rows.retire_kek(tx, active.id)
        return self._make(tx, instance_id, self.roots(instance_id))

    def forget(self) -> None:
        with self._lock:
            self._remembered.clear()

    def _make(self, tx: Any, instance_id: str, roots: RootKeys) -> tuple[str, bytes]:
        kek, kek_id = self._entropy(KEY_BYTES), str(uuid.UUID(bytes=self._entropy(16), version=4))
        wrapped = roots.current.wrap(kek, instance_id=instance_id, kek_id=kek_id, entropy=self._entropy)
        now = self._clock.now()
        self._rows.insert_kek(tx, WrappedKek(kek_id, "active", roots.current.id, wrapped, created_at=now))
        return kek_id, kek

    def _recall(self, row: WrappedKek) -> bytes | None:
        with self._lock:
            kek, until = self._remembered.get((row.id, row.wrapped), (None, 0.0))
        return kek if self._clock.monotonic() < until else None

    def _remember(self, row: WrappedKek, kek: bytes) -> None:
        now = self._clock.monotonic()
        with self._lock:
            kept = {name: entry for name, entry in self._remembered.items() if now < entry[1]}
            self._remembered = kept | {(row.id, row.wrapped): (kek, now + REMEMBERED_SECONDS)}

    def _no_match(self, roots: RootKeys, rows: list[WrappedKek]) -> VaultLocked:
        if not rows:
            return VaultLocked("The vault is locked: its keys are missing from the database.", hint=_RESTORE)
        if any(roots.by_id(row.root_kid) for row in rows):
            return VaultLocked(
                "The vault is locked: the root key is the right one, but the keys in the database do not open with it.",
                hint="The database was altered or mixed with another one; restore it from a backup.",
            )
        return VaultLocked(
            f"The vault is locked: root key {roots.current.id} of {self._provider.place} does not match this vault, "
            f"which was sealed under {rows[0].root_kid}.",
            hint="Put the matching key back from your backup.",
        )


def _unwrap(roots: RootKeys, instance_id: str, row: WrappedKek) -> bytes | None:
    root = roots.by_id(row.root_kid)
    if root is None:
        return None
    try:
        return root.unwrap(row.wrapped, instance_id=instance_id, kek_id=row.id)
    except SecretUnreadable:
        return None  # the vault counts what does not open and reports it
