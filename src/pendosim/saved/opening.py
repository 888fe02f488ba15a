"""A world from options: made, or loaded where they say so."""

from dataclasses import replace
from pathlib import Path

from pendosim.clock import Clock
from pendosim.options import Options
from pendosim.saved.load import loaded
from pendosim.saved.save import check_place
from pendosim.world.world import World


def opened(options: Options, clock: Clock) -> World:
    """Raise ValueError for a directory that cannot be loaded from or saved to."""
    if options.save:
        check_place(Path(options.save))
    if not options.load:
        return World(options, clock)
    saved, given = loaded(Path(options.load))
    for name in ("timezone", "seed"):
        wanted, there = getattr(options, name), getattr(saved, name)
        if wanted not in (getattr(Options, name), there):
            raise ValueError(f"{name} is {wanted!r}, but {there!r} in {options.load}; leave it out")
    return World(replace(options, timezone=saved.timezone, seed=saved.seed), clock, given)
