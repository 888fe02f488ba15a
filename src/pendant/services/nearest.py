"""What somebody probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(text: str, names: Iterable[str], otherwise: str) -> str:
    """Return a hint that offers the nearest names, or `otherwise` when none is near."""
    by_folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(text.casefold(), by_folded, n=3)
    if not near:
        return otherwise
    return f"Did you mean {' or '.join(by_folded[folded] for folded in near)}?"
