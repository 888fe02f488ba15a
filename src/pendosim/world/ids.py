"""Ids in Pendo's shapes, and the odd ones that customers invent."""

import base64
import hashlib
import zlib
from datetime import UTC, datetime

import numpy as np

DEFAULT_APP_ID = -323232

ODD_VISITOR_IDS = (
    'quote"inside@example.com',
    "back\\slash@example.com",
    'both\\"of\\\\them',
    "a/b/c~d?x=1#y",
    "smile-\U0001f600@example.com",
    "  leading blanks",
    "trailing blank ",
    "tick`tick`",
    "o'neil@example.com",
    "jörg.müller@exämple.de",
    "日本語ユーザー",
    "0",
    "%2F%22",
    "tab\tand\nnewline",
    "long-" + "x" * 495,
    '{"visitorId":"nested"},{',
)
ODD_ACCOUNT_IDS = ('Quote "and" Sons', "Back\\slash Ltd", "north/south", "\U0001f680 Rockets", " blank")


def object_id(*names: object) -> str:
    """27 characters of URL-safe base64 without padding, from a SHA-1; stable for the same names."""
    digest = hashlib.sha1("/".join(map(str, names)).encode(), usedforsecurity=False).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def short_id(length: int, *names: object) -> str:
    """Lower-case base 36, as poll ids are."""
    digest = hashlib.sha1("/".join(map(str, names)).encode(), usedforsecurity=False).digest()
    number, text = int.from_bytes(digest, "big"), ""
    while len(text) < length:
        number, place = divmod(number, 36)
        text += "0123456789abcdefghijklmnopqrstuvwxyz"[place]
    return text


def app_id(number: int, seed: int) -> int:
    """Give each application its id: the default one first, then 16-digit ids."""
    if number == 0:
        return DEFAULT_APP_ID
    return 4_500_000_000_000_000 + int.from_bytes(object_id("app", seed, number).encode()[:6], "big") % 10**15


def auto_group(app_id: int) -> str:
    """Name the group of metadata that one application keeps by itself."""
    return "auto_" + str(app_id).replace("-", "_")


def stable_version_id(root: str, time: int) -> str:
    stamp = datetime.fromtimestamp(time // 1000, UTC).strftime("%Y%m%d%H%M%S")
    return f"{root}-{stamp}.{time % 1000:03d}000000"


def id_hash(value: str) -> int:
    return zlib.crc32(value.encode())


def random_of(seed: int, part: str) -> np.random.Generator:
    """One independent stream for each part of the world, so that one part's size never changes another."""
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(part.encode())]))
