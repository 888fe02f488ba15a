"""Passwords: what is accepted, and how one is kept (argon2id)."""

from __future__ import annotations

import os
import re
import threading
import unicodedata
from collections.abc import Iterable

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerificationError

from pendant.errors import WrongInput

PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 128
MEMORY_KIB = 64 * 1024
PASSES = 3

# What is left of a password once the words anybody would try first are taken out of it.
_REMAINDER_MIN = 8
_WORDS = (
    "1234567890", "123456789", "12345678", "1234567", "123456", "12345", "1234", "4321", "abcdefgh", "abcdef", "abc123",
    "administrator", "admin", "changeme", "dragon", "football", "hello", "iloveyou", "integration", "integrator",
    "letmein", "login", "master", "monkey", "owner", "passphrase", "password", "passwort", "passw0rd", "p@ssw0rd",
    "p@ssword", "pendant", "pendo", "princess", "qwertyuiop", "qwertz", "qwerty", "asdfgh", "secret", "sunshine",
    "welcome", "zxcvbn",
)  # fmt: skip
_REPEATED = re.compile(r"(.{1,4}?)\1{2,}")


def accepted_password(text: str, *, context: Iterable[str] = ()) -> str:
    """Return the password in its normal form (NFKC), or say what is wrong with it.

    `context` are words of the situation, such as the user's own name; the product's words are always among them.
    """
    password = unicodedata.normalize("NFKC", text)
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise WrongInput(
            "password_length",
            f"The password has {len(password)} characters; "
            f"{PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} are accepted.",
            hint="Four or more unrelated words make a good one.",
            field="password",
        )
    if len(_without_words(password, context)) < _REMAINDER_MIN:
        raise WrongInput(
            "password_guessable",
            "The password is mostly words or sequences that are tried first.",
            hint="Four or more unrelated words make a good one.",
            field="password",
        )
    return password


class Passwords:
    """Hashes and checks passwords, at most one for each processor at a time, because each takes `memory_kib`."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES, at_once: int | None = None) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1, type=Type.ID)
        self._slots = threading.BoundedSemaphore(at_once or os.cpu_count() or 1)
        self._dummy = ""
        self._dummy_lock = threading.Lock()

    def hash(self, password: str) -> str:
        with self._slots:
            return self._hasher.hash(unicodedata.normalize("NFKC", password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Say whether `password` is the one `stored` was made from.

        None stands for a user who does not exist: the answer is no, after the same work as for one who does.
        """
        # Hashing itself takes a bounded time, so an over-long text is cut instead of refused earlier than others.
        candidate = unicodedata.normalize("NFKC", password[: 4 * PASSWORD_LENGTH_MAX])
        against = self._dummy_hash() if stored is None else stored
        with self._slots:
            try:
                self._hasher.verify(against, candidate)
            except VerificationError:
                return False
        return stored is not None

    def outdated(self, stored: str) -> bool:
        """Say whether `stored` was made with other parameters, and should be made again while the password is known."""
        return self._hasher.check_needs_rehash(stored)

    def _dummy_hash(self) -> str:
        with self._dummy_lock:
            if not self._dummy:
                self._dummy = self.hash(os.urandom(16).hex())
            return self._dummy


def _without_words(password: str, context: Iterable[str]) -> str:
    rest = password.casefold()
    named = [word.casefold() for word in context if len(word) > 2]  # noqa: PLR2004 - shorter ones are in any text
    for word in sorted({*named, *_WORDS}, key=len, reverse=True):
        rest = rest.replace(word, "")
    return _REPEATED.sub("", rest)
