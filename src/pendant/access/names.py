"""User names: how they are shown, and the one form in which they are compared, counted and unique."""

from __future__ import annotations

import unicodedata

from pendant.errors import WrongInput

NAME_LENGTH_MAX = 64


def accepted_name(text: str) -> str:
    """Return the name as it is kept and shown, or say what is wrong with it."""
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    if not name:
        raise WrongInput("name_required", "The user name is missing.", hint="Enter a name.", field="name")
    if len(name) > NAME_LENGTH_MAX:
        raise WrongInput(
            "name_invalid",
            f"The user name has {len(name)} characters; at most {NAME_LENGTH_MAX} are accepted.",
            field="name",
        )
    if not name.isprintable():
        raise WrongInput("name_invalid", "The user name holds a control or invisible character.", field="name")
    return name


def name_key(text: str) -> str:
    """Return the form in which two spellings of one name are equal: NFKC, casefold, single spaces, none outside.

    Never raises, because whatever somebody types at sign-in is counted under its key.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())[:NAME_LENGTH_MAX]
