"""Names that people give."""

from __future__ import annotations

from pendant.errors import WrongInput
from pendant.model.connection import NAME_LENGTH_MAX


def checked_name(text: str, noun: str = "connection") -> str:
    """Return the name without outer white space, or say why it is not one."""
    name = text.strip()
    if not name:
        raise WrongInput(
            "name_required",
            f"The {noun} has no name.",
            hint=f"Enter a name that tells this {noun} from the others.",
            field="name",
        )
    if len(name) > NAME_LENGTH_MAX:
        raise WrongInput(
            "name_too_long",
            f"The name has {len(name)} characters; at most {NAME_LENGTH_MAX} are possible.",
            hint="Shorten it.",
            field="name",
        )
    if not name.isprintable():
        raise WrongInput(
            "name_invalid",
            "The name holds a line break or another character that cannot be shown.",
            hint="Type the name instead of pasting it.",
            field="name",
        )
    return name
