"""A value that cannot be shown, and the rule for what may become one."""

from __future__ import annotations

import hmac
from typing import NoReturn, SupportsIndex

from pendant.errors import WrongInput

SECRET_LENGTH_MIN = 16
SECRET_LENGTH_MAX = 512

_MASK_CHARACTERS = frozenset("*•●·xX.-_#?")
_SENTINELS = frozenset(
    {
        "__unchanged__",
        "__keep_stored__",
        "__n8n_blank_value_e5362baf-c777-4d57-a609-6eaf1f9e87f6",
        "[redacted]",
    }
)


class Secret:
    """A text that no printing, formatting, copying or serialising gives away.

    The one way to the text is `reveal()`; tests/test_house.py lists the files in which that word may stand.
    Two secrets are compared in constant time; a secret never equals a plain string.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        return self.__text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__text.encode(), other.__text.encode())

    def __hash__(self) -> NoReturn:
        raise TypeError("a Secret cannot be a key: its hash would be an oracle")

    def __reduce_ex__(self, _protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied")

    def __iter__(self) -> NoReturn:
        raise TypeError("a Secret cannot be iterated")


def token_from_input(text: str | None) -> tuple[Secret, bool]:
    """Turn what a person entered into a Secret, and say whether outer white space was trimmed.

    Runs before anything else sees the value: printable ASCII without spaces, 16 to 512 characters, no mask and
    no stored-value sentinel. No message repeats the value, a part of it or its length.
    """
    if text is None or text.strip() == "":
        raise WrongInput(
            "token_required",
            "The token is missing; it must be entered again at every save.",
            hint="Enter the token you copied from Pendo.",
            field="token",
        )
    trimmed = text.strip()
    if set(trimmed) <= _MASK_CHARACTERS or trimmed.lower() in _SENTINELS:
        raise WrongInput(
            "token_required",
            "A mask is not a token: no stored token is ever kept, so it must be entered again.",
            hint="Enter the token you copied from Pendo.",
            field="token",
        )
    _refuse_unprintable(trimmed)
    if not SECRET_LENGTH_MIN <= len(trimmed) <= SECRET_LENGTH_MAX:
        raise WrongInput(
            "token_invalid",
            f"The token is too {'short' if len(trimmed) < SECRET_LENGTH_MIN else 'long'}; "
            f"{SECRET_LENGTH_MIN} to {SECRET_LENGTH_MAX} characters are accepted.",
            hint="Copy the whole token, and nothing else.",
            field="token",
        )
    return Secret(trimmed), trimmed != text


def _refuse_unprintable(text: str) -> None:
    for place, character in enumerate(text):
        if "!" <= character <= "~":
            continue
        where = "at the start" if place == 0 else "at the end" if place == len(text) - 1 else "inside"
        raise WrongInput(
            "token_invalid",
            f"The token contains {_kind(character)} {where}; only printable ASCII characters are accepted.",
            hint="Copy the token again, without line breaks or typographic characters.",
            field="token",
        )


def _kind(character: str) -> str:
    named = {
        "\n": "a line break",
        "\r": "a carriage return",
        "\t": "a tab",
        " ": "a space",
        "\0": "a NUL character",
        "\ufeff": "a byte order mark",
        "\u200b": "a zero-width space",
        "\u200c": "a zero-width character",
        "\u200d": "a zero-width character",
        "\u2018": "a typographic quote",
        "\u2019": "a typographic quote",
        "\u201c": "a typographic quote",
        "\u201d": "a typographic quote",
    }
    if character in named:
        return named[character]
    if not character.isprintable():
        return "a control or invisible character"
    return "a character outside ASCII"
