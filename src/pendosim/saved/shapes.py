"""What the lines of each file must have. Where more is allowed it is kept and served as it stands."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Raw, Struct

from pendosim.periods import EARLIEST_MS, LATEST_MS

FORMAT: Literal[1] = 1
EXACT_MAX = 2**53

Text = Annotated[str, Meta(min_length=1)]
Time = Annotated[int, Meta(ge=EARLIEST_MS, le=LATEST_MS)]
Count = Annotated[int, Meta(ge=0, le=EXACT_MAX)]
AppId = Annotated[int, Meta(ge=-EXACT_MAX, le=EXACT_MAX)]


class Subscription(Struct, forbid_unknown_fields=True, kw_only=True):
    """All of subscription.json."""

    format: Literal[1]
    made_at: Time
    timezone: str
    seed: Count
    ips: list[str]
    """Addresses, as numbers count them: the place of one decides its country."""


class AppLine(Struct, forbid_unknown_fields=True):
    id: AppId
    name: str
    platform: str
    server: str


class VisitorLine(Struct, rename="camel"):
    visitor_id: Text
    metadata: dict[str, dict[str, Any]]


class AccountLine(Struct, rename="camel"):
    account_id: Text
    metadata: dict[str, dict[str, Any]]


class EventLine(Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    time: Time
    visitor_id: Text
    app_id: AppId
    kind: Literal["page", "feature", "track", "other"]
    item: str = ""
    """Id of the page, feature or track type."""
    account_id: str = ""
    user_agent: str = ""
    ip: str = ""
    session: Count = 0
    parameters: Raw = Raw(b"{}")
    properties: Raw = Raw(b"{}")


class Group(Struct):
    id: str
    name: str


class Tagged(Struct, rename="camel"):
    id: Text
    name: str
    app_id: AppId


class Rule(Struct, rename="camel"):
    designer_hint: str


class PageLine(Tagged, rename="camel"):
    group: Group
    rules: Annotated[list[Rule], Meta(min_length=1)]


class FeatureLine(Tagged, rename="camel"):
    group: Group
    element_path_rules: Annotated[list[str], Meta(min_length=1)]


class TrackTypeLine(Tagged, rename="camel"):
    track_type_name: Text


class Step(Struct):
    id: Text


class GuideLine(Tagged, rename="camel"):
    steps: Annotated[list[Step], Meta(min_length=1)]
    polls: list[dict[str, Any]]


class SegmentLine(Struct, rename="camel"):
    id: Text
    name: str
    shared: bool
    created_by_api: bool
    pipeline: list[Any]


class Aggregation(Struct):
    pipeline: list[Any]


class ReportLine(Struct, rename="camel"):
    id: Text
    name: str
    shared: bool
    aggregation: Aggregation


class GuideEventLine(Struct, rename="camel"):
    visitor_id: Text
    app_id: AppId
    browser_time: Time
    event_id: Text
    guide_id: str
    guide_step_id: str
    type: Literal["guideSeen", "guideAdvanced", "guideDismissed", "guideActivity", "guideTimeout", "guideSnoozed"]


class PollEventLine(Struct, rename="camel"):
    visitor_id: Text
    account_id: str
    app_id: AppId
    browser_time: Time
    event_id: Text
    guide_id: str
    poll_id: Text
    poll_response: Any


OBJECTS: dict[str, type[Tagged] | type[SegmentLine] | type[ReportLine]] = {
    "pages": PageLine,
    "features": FeatureLine,
    "track_types": TrackTypeLine,
    "guides": GuideLine,
    "segments": SegmentLine,
    "reports": ReportLine,
}
"""Files of objects as the list endpoints show them, by name."""
