"""Root keys: they wrap key-encryption keys and nothing else, and never lie in the database."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn, Protocol, SupportsIndex

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pendant.errors import SetupProblem
from pendant.vault.format import KEY_BYTES, Entropy, kek_context, open_blob, seal_blob

_KID_BYTES = 8
_DISTINCT_BYTES_MIN = 12  # 32 random bytes have fewer in less than one case of 10^17


class VaultLocked(SetupProblem):
    """No configured root key opens this vault. The sentence says what was found and what to do."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__("vault_locked", message, hint=hint)


class RootKey:
    """32 bytes that are shown to nobody. A key management service would stand in this place: `id`, wrap, unwrap."""

    __slots__ = ("__material", "id")

    def __init__(self, material: bytes) -> None:
        if len(material) != KEY_BYTES:
            raise ValueError("a root key has 32 bytes")
        self.__material = material
        self.id = _kid(material)

    def wrap(self, kek: bytes, *, instance_id: str, kek_id: str, entropy: Entropy) -> bytes:
        return seal_blob(self._wrapping_key(), kek, kek_context(instance_id, kek_id, self.id), entropy)

    def unwrap(self, wrapped: bytes, *, instance_id: str, kek_id: str) -> bytes:
        """Raise SecretUnreadable when this key did not wrap it, for this instance and under this id."""
        return open_blob(self._wrapping_key(), wrapped, kek_context(instance_id, kek_id, self.id))

    def as_base64(self) -> str:
        """Return the key for the key file, its one place."""
        return base64.b64encode(self.__material).decode()

    def _wrapping_key(self) -> bytes:
        return derived(self.__material, "kek-wrap")

    def __repr__(self) -> str:
        return f"RootKey({self.id})"

    def __reduce_ex__(self, _protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a RootKey cannot be pickled or copied")


@dataclass(frozen=True, slots=True)
class RootKeys:
    """The current root key; beside it, while it is being changed, the next or the previous one.

    `instance_id` is the installation the keys were made for, empty where the provider cannot say.
    """

    current: RootKey
    next: RootKey | None = None
    previous: RootKey | None = None
    instance_id: str = ""

    def by_id(self, kid: str) -> RootKey | None:
        return next((key for key in (self.current, self.next, self.previous) if key and key.id == kid), None)


class RootKeyProvider(Protocol):
    """Where root keys come from. `name` is for the status, `place` for sentences ("the key file /…")."""

    @property
    def name(self) -> str: ...

    @property
    def place(self) -> str: ...

    def load(self) -> RootKeys | None:
        """Return the keys, or None when there are none yet. Raise SetupProblem when there is something unusable."""
        ...

    def create(self, instance_id: str, now: datetime) -> RootKeys:
        """Make the first key and have it safely on disk before returning; if somebody was faster, return theirs.

        Raise SetupProblem where keys can only be given, not made.
        """
        ...


def decoded_key(raw: bytes) -> bytes | None:
    """Return the 32 bytes given raw, as hex or as base64 (either alphabet); None for anything else.

    32 printable characters are a password, not a raw key, and bytes that hardly differ were not drawn at random.
    """
    key = raw if len(raw) == KEY_BYTES and not raw.isascii() else _from_text(raw.strip())
    return key if key is not None and len(key) == KEY_BYTES and len(set(key)) >= _DISTINCT_BYTES_MIN else None


def derived(material: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(material)


def _kid(material: bytes) -> str:
    mac = hmac.HMAC(derived(material, "key-id"), hashes.SHA256())
    mac.update(b"kid")
    return mac.finalize()[:_KID_BYTES].hex()


def _from_text(text: bytes) -> bytes | None:
    try:
        if len(text) == 2 * KEY_BYTES:
            return bytes.fromhex(text.decode("ascii"))
        standard = text.translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
        return base64.b64decode(standard + b"=" * (-len(standard) % 4), validate=True)
    except (ValueError, binascii.Error):
        return None
