"""A world that is not made but given: what stands here is served in the place of what a seed would make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pendosim.values import Row
from pendosim.world.activity import Activity
from pendosim.world.bucket_rows import Pools
from pendosim.world.definitions import App
from pendosim.world.people import People


@dataclass(frozen=True)
class Given:
    made_at: int
    apps: tuple[App, ...]
    objects: Mapping[str, list[Row]]
    """pages, features, track_types, guides, segments and reports."""
    people: People
    visitors: Sequence[bytes]
    """Rows as JSON, in the order of `people`."""
    accounts: Sequence[bytes]
    activity: Activity
    pools: Pools
    """What the numbers of `activity` stand for."""
    guide_events: Sequence[bytes]
    poll_events: Sequence[bytes]
