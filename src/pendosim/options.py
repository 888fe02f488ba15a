"""What a simulated subscription is made of. Whatever is not given gets a default or is generated."""

import secrets
import uuid
from dataclasses import dataclass, field

from pendosim.effort import BYTES_MAX, SECONDS_MAX
from pendosim.periods import Calendar

REGIONS = ("us", "us1", "eu", "jp", "au")
_ITEMS_MAX = 50_000_000


def _secret() -> str:
    return str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))


@dataclass(frozen=True)
class Options:
    visitors: int = 1000
    accounts: int = 50
    days: int = 30
    """Full days of activity before today; today follows up to now."""
    events_per_day: int = 1000
    """Single events on an average day; weekdays have more, weekends fewer."""
    apps: int = 2
    seed: int = 1
    timezone: str = "America/New_York"
    region: str = "us"
    one_timestamp: bool = False
    """Every event and every lastupdated happens at one single instant."""
    odd_ids: bool = True
    """Some ids hold quotes, backslashes, slashes, emoji, leading blanks, 500 characters."""
    foreign_region_status: int = 403
    """Answer to a key that ends in another region's suffix: 403 (empty) or 400."""
    filter_event_class: bool = False
    """Whether eventClass keeps only the applications of that platform; reports say that Pendo does not."""
    aggregation_seconds: int = SECONDS_MAX
    """How long one aggregation may run; then 408, or a reset once the answer has begun."""
    aggregation_bytes: int = BYTES_MAX
    """How large its answer may be; then 413, or a reset."""
    key: str = field(default="", repr=False)
    read_only_key: str = field(default="", repr=False)
    track_secret: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for name, least in (
            ("visitors", 0),
            ("accounts", 0),
            ("days", 0),
            ("events_per_day", 0),
            ("apps", 1),
            ("seed", 0),
            ("aggregation_seconds", 1),
        ):
            value = getattr(self, name)
            if not least <= value <= _ITEMS_MAX:
                raise ValueError(f"{name} is {value}; wanted a number from {least} to {_ITEMS_MAX}")
        if self.aggregation_bytes < 1:
            raise ValueError(f"aggregation_bytes is {self.aggregation_bytes}; wanted a number from 1")
        if self.region not in REGIONS:
            raise ValueError(f"region is {self.region!r}; wanted one of {', '.join(REGIONS)}")
        if self.foreign_region_status not in (400, 403):
            raise ValueError(f"foreign_region_status is {self.foreign_region_status}; wanted 403 or 400")
        Calendar(self.timezone)
        for name, made in (
            ("key", f"{_secret()}.{self.region}"),
            ("read_only_key", f"{_secret()}.{self.region}"),
            ("track_secret", _secret()),
        ):
            if not getattr(self, name):
                object.__setattr__(self, name, made)
