"""What a simulated subscription is made of. Whatever is not given gets a default or is generated."""

import secrets
import uuid
from dataclasses import dataclass, field
from typing import Annotated

from cyclopts import Parameter

from pendosim.effort import BYTES_MAX, SECONDS_MAX
from pendosim.lags import Lags
from pendosim.periods import Calendar
from pendosim.world.ids import DEFAULT_APP_ID

REGIONS = ("us", "us1", "eu", "jp", "au")
_ITEMS_MAX = 50_000_000
# Before the earliest moment a clock can be set to there are twenty years of time to fill.
_DAYS_MAX = 7300


def generated_secret() -> str:
    return str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))


def secret_of_app(text: str) -> tuple[int, str]:
    """`APPID=SECRET`, or only a secret, which is the default application's. Raises ValueError."""
    app, equals, secret = text.rpartition("=")
    try:
        found = int(app) if equals else DEFAULT_APP_ID
    except ValueError as bad:
        raise ValueError("a track secret is given as APPID=SECRET, where APPID is a number") from bad
    if not secret:
        raise ValueError(f"the track secret of application {found} is empty")
    return found, secret


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
    """The same seed and clock make the same data."""
    timezone: str = "America/New_York"
    """Of the subscription: its days begin at midnight there."""
    region: str = "us"
    """One of us, us1, eu, jp, au: the suffix of generated keys."""
    one_timestamp: bool = False
    """Every event and every lastupdated happens at one single instant."""
    same_instant: int = 0
    """This many visitors have an event at one single instant of yesterday, and as many are updated at one."""
    odd_ids: bool = True
    """Some ids hold quotes, backslashes, slashes, emoji, leading blanks, 500 characters."""
    list_size: int = 0
    """Each GET list of objects shows at least so many of the default application."""
    new_fields: bool = False
    """Objects carry fields, and the metadata schema types, that no client has seen yet."""
    foreign_region_status: int = 403
    """Answer to a key that ends in another region's suffix: 403 (empty) or 400."""
    think_ms: float = 0.0
    """Every answer waits this long before it begins."""
    throttle: bool = False
    """Refuses what comes too fast with 429."""
    ingest_lag: float = 0
    """Seconds from a track or conversation event to everything that counts it."""
    metadata_lag: float = 0
    """Seconds from a metadata write to aggregation; single reads see it at once."""
    segment_delay: float = 0
    """Seconds from a segment write to its new members."""
    erase_delay: float = 0
    """Seconds from a bulk deletion to the end of the erased."""
    load: str = ""
    """A directory with a saved subscription, to be served instead of a made-up one."""
    save: str = ""
    """A directory to which the subscription is saved at the end."""
    filter_event_class: bool = False
    """Whether eventClass keeps only the applications of that platform; reports say that Pendo does not."""
    aggregation_seconds: int = SECONDS_MAX
    """How long one aggregation may run; then 408, or a reset once the answer has begun."""
    aggregation_bytes: int = BYTES_MAX
    """How large its answer may be; then 413, or a reset."""
    key: str = field(default="", repr=False)
    read_only_key: str = field(default="", repr=False)
    extra_keys: Annotated[tuple[str, ...], Parameter(name="--extra-key", negative="")] = field(default=(), repr=False)
    """More keys: `VALUE,write=true,label=crm,allowed_endpoints=/api/v1/page|POST /api/v1/aggregation`."""
    track_secret: Annotated[str, Parameter(parse=False)] = field(default="", repr=False)
    """Of the default application."""
    track_secrets: Annotated[
        tuple[str, ...], Parameter(name="--track-secret", negative="", allow_leading_hyphen=True)
    ] = field(default=(), repr=False)
    """`APPID=SECRET`, or only a secret, which is the default application's; other applications get generated ones."""

    def __post_init__(self) -> None:
        for name, least in (
            ("visitors", 0),
            ("accounts", 0),
            ("days", 0),
            ("events_per_day", 0),
            ("apps", 1),
            ("seed", 0),
            ("same_instant", 0),
            ("think_ms", 0),
            ("aggregation_seconds", 1),
            ("list_size", 0),
        ):
            value = getattr(self, name)
            most = _DAYS_MAX if name == "days" else _ITEMS_MAX
            if not least <= value <= most:
                raise ValueError(f"{name} is {value}; wanted a number from {least} to {most}")
        if self.aggregation_bytes < 1:
            raise ValueError(f"aggregation_bytes is {self.aggregation_bytes}; wanted a number from 1")
        if self.region not in REGIONS:
            raise ValueError(f"region is {self.region!r}; wanted one of {', '.join(REGIONS)}")
        if self.foreign_region_status not in (400, 403):
            raise ValueError(f"foreign_region_status is {self.foreign_region_status}; wanted 403 or 400")
        Calendar(self.timezone)
        self.lags()
        of_default = dict(map(secret_of_app, self.track_secrets)).get(DEFAULT_APP_ID, self.track_secret)
        object.__setattr__(self, "track_secret", of_default)
        for name, made in (
            ("key", f"{generated_secret()}.{self.region}"),
            ("read_only_key", f"{generated_secret()}.{self.region}"),
            ("track_secret", generated_secret()),
        ):
            if not getattr(self, name):
                object.__setattr__(self, name, made)

    def lags(self) -> Lags:
        """Make the lags to begin with."""
        return Lags(self.ingest_lag, self.metadata_lag, self.segment_delay, self.erase_delay)
