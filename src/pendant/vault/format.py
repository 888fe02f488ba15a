"""The one form of everything that is sealed, and what each layer is bound to.

    blob = version (1) | algorithm (1) | nonce (12) | ciphertext | tag (16)
    associated data = the blob's first two bytes | for each part: its length (4, big endian) | the part

Versions and algorithms are never reused. Algorithm 1 is AES-256-GCM; 2 (HPKE with X25519, for wrapped data keys)
and 3 (XAES-256-GCM) are reserved. Whatever is wrong with a blob, the answer is the same SecretUnreadable.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pendant.errors import SecretUnreadable

Entropy = Callable[[int], bytes]

VERSION = 1
AES_256_GCM = 1
HEADER = bytes((VERSION, AES_256_GCM))
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
OVERHEAD_BYTES = len(HEADER) + NONCE_BYTES + TAG_BYTES
PADDED_BYTES = 64

_LENGTH_BYTES = 4
_PLAIN_LENGTH_BYTES = 2


def seal_blob(key: bytes, plain: bytes, context: bytes, entropy: Entropy) -> bytes:
    nonce = entropy(NONCE_BYTES)
    return HEADER + nonce + AESGCM(key).encrypt(nonce, plain, HEADER + context)


def open_blob(key: bytes, blob: bytes, context: bytes) -> bytes:
    """Make exactly one attempt, with exactly one key: GCM does not commit to its key, so none is ever tried out."""
    header, nonce, sealed = blob[:2], blob[2 : 2 + NONCE_BYTES], blob[2 + NONCE_BYTES :]
    if len(key) != KEY_BYTES or len(blob) < OVERHEAD_BYTES or header != HEADER:
        raise SecretUnreadable
    try:
        return AESGCM(key).decrypt(nonce, sealed, header + context)
    except InvalidTag:
        raise SecretUnreadable from None


def kek_context(instance_id: str, kek_id: str, root_kid: str) -> bytes:
    return length_prefixed("kek", instance_id, kek_id, root_kid)


def dek_context(instance_id: str, connection_id: str, field: str, version: int, kek_id: str) -> bytes:
    return length_prefixed("dek", instance_id, connection_id, field, str(version), kek_id)


def token_context(instance_id: str, connection_id: str, field: str, version: int, binding: bytes) -> bytes:
    return length_prefixed("tok", instance_id, connection_id, field, str(version), binding)


def length_prefixed(*parts: str | bytes) -> bytes:
    """Join the parts so that no two different lists give the same bytes."""
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(len(part).to_bytes(_LENGTH_BYTES, "big") + part for part in encoded)


def pad(plain: bytes) -> bytes:
    """Put the length in front and zeros behind, so that only steps of 64 bytes show."""
    framed = len(plain).to_bytes(_PLAIN_LENGTH_BYTES, "big") + plain
    return framed + bytes(-len(framed) % PADDED_BYTES)


def unpad(padded: bytes) -> bytes:
    length = int.from_bytes(padded[:_PLAIN_LENGTH_BYTES], "big")
    plain = padded[_PLAIN_LENGTH_BYTES : _PLAIN_LENGTH_BYTES + length]
    if pad(plain) != padded:
        raise SecretUnreadable
    return plain
