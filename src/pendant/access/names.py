"""User names: what is accepted, and the one form under which tries of all its spellings are counted."""

from __future__ import annotations

import unicodedata

from pendant.errors import WrongInput
from pendant.model.names import name_key

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


def counted_name(text: str) -> str:
    """Return what two spellings of one name have in common. Never raises: whatever somebody types is counted."""
    return name_key(" ".join(text.split()))[:NAME_LENGTH_MAX]
