"""What can be seen in the shape of a Pendo token. It is a hint and never decides anything: keys are opaque.

Integration keys are lower-case UUIDs, nowadays followed by their region (`….us`); shared secrets are UUIDs and have
never been seen with one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pendant.model.secret import Secret

_SHAPE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\.([a-z][a-z0-9]{0,9}))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TokenShape:
    """`suffix` is the region word after a UUID, empty for none. Nothing else of the token is kept."""

    is_uuid: bool
    suffix: str = ""


def shape_of(token: Secret) -> TokenShape:
    found = _SHAPE.fullmatch(token.reveal())
    return TokenShape(is_uuid=found is not None, suffix=(found[1] or "").lower() if found else "")
