"""Random texts that stand for somebody: session tokens, API tokens, the one-time setup code. Only hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
import string
import zlib

API_TOKEN_PREFIX = "pcx_pat_"  # noqa: S105 - the public beginning of every token
API_TOKEN_PATTERN = r"pcx_pat_[0-9A-Za-z]{46}"  # noqa: S105 - for secret scanners

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_LENGTH = 40
_CHECKSUM_LENGTH = 6
_SESSION_BYTES = 32
# Without letters and digits that look alike; 32 of them, so five bits each.
_CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE_GROUPS = 4
_CODE_GROUP_LENGTH = 5


def new_session_token() -> str:
    return secrets.token_urlsafe(_SESSION_BYTES)


def new_api_token() -> str:
    """Return 238 random bits and a checksum, so that a scanner, and we, can tell a token from a text offline."""
    body = "".join(secrets.choice(_BASE62) for _ in range(_RANDOM_LENGTH))
    return f"{API_TOKEN_PREFIX}{body}{_checksum(body)}"


def is_api_token(text: str) -> bool:
    """Say whether `text` can be an API token at all; asked before any query."""
    if not text.startswith(API_TOKEN_PREFIX):
        return False
    rest = text[len(API_TOKEN_PREFIX) :]
    body, checksum = rest[:_RANDOM_LENGTH], rest[_RANDOM_LENGTH:]
    return len(rest) == _RANDOM_LENGTH + _CHECKSUM_LENGTH and set(rest) <= set(_BASE62) and checksum == _checksum(body)


def new_setup_code() -> str:
    """Return a code that a person can read off a terminal and type: 100 random bits in four groups."""
    groups = ("".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_GROUP_LENGTH)) for _ in range(_CODE_GROUPS))
    return "-".join(groups)


def setup_code_from_input(text: str) -> str:
    """Undo what typing does to a code: small letters, missing dashes, spaces."""
    letters = "".join(character for character in text.upper() if character in _CODE_ALPHABET)
    groups = (letters[start : start + _CODE_GROUP_LENGTH] for start in range(0, len(letters), _CODE_GROUP_LENGTH))
    return "-".join(groups)


def token_hash(text: str) -> str:
    """Return what is stored in place of a token. A plain hash suffices: nobody can guess 100 random bits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode("ascii", "replace"))
    digits = []
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_BASE62))
        digits.append(_BASE62[digit])
    return "".join(reversed(digits))
