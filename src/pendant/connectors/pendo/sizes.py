"""How much is asked for at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """Records in one answer about visitors or accounts; ids in one slice; days in one, 0: found by counting."""

    page: int = 50_000
    slice_ids: int = 100_000
    """A few seconds of work, so that several slices can be read at once; each edge between two costs Pendo a sort."""
    window_days: int = 0


SIZES = Sizes()
