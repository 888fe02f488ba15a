"""Names that people give things: two names that look alike to a person are the same name."""

from __future__ import annotations

import unicodedata


def name_key(name: str) -> str:
    """Return the form in which names are compared: without outer space, case or compatibility variants.

    Folding the case can undo the normal form, so it is normalised once more.
    """
    folded = unicodedata.normalize("NFKC", name).strip().casefold()
    return unicodedata.normalize("NFKC", folded)
