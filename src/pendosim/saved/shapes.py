"""What the lines of each file must have. Where more is allowed it is kept and served as it stands."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Raw, Struct

from pendosim.periods import EARLIEST_MS, LATEST_MS
from pendosim.world.activity import NO_SESSION

FORMAT: Literal[1] = 1
CHANGES = "changes.json"
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
    session: Annotated[int, Meta(ge=NO_SESSION, le=EXACT_MAX)] = NO_SESSION
    parameters: Raw = Raw(b"{}")
    properties: Raw = Raw(b"{}")


class Group(Struct):
    id: str
    name: str


class Tagged(Struct, rename="camel"):
    id: Text
    name: str
    app_id: AppId
    created_at: Time


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


class StepAttributes(Struct, frozen=True):
    variables: dict[str, str] = {}


class Step(Struct):
    id: Text
    attributes: StepAttributes = StepAttributes()


class Poll(Struct, rename="camel"):
    id: Text
    question: str = ""
    id_responses: dict[str, str] = {}


class GuideLine(Tagged, rename="camel", kw_only=True):
    state: Literal["draft", "staged", "public", "disabled"]
    root_version_id: Text
    last_updated_at: Time = 0
    published_at: Time = 0
    authored_language: str = ""
    steps: Annotated[list[Step], Meta(min_length=1)]
    polls: list[Poll]


class SegmentLine(Struct, rename="camel"):
    id: Text
    name: str
    shared: bool
    created_by_api: bool
    pipeline: list[Any]


class ReportField(Struct):
    field: str


class Aggregation(Struct):
    pipeline: list[Any]
    fields: list[ReportField]


class ReportLine(Struct, rename="camel"):
    id: Text
    name: str
    shared: bool
    target: str
    aggregation: Aggregation


class ConversationRow(Struct, rename="camel"):
    visitor_id: Text
    account_id: str
    event_id: Text
    browser_time: Time


class ConversationLine(Struct, forbid_unknown_fields=True):
    app_id: AppId
    agent_id: str
    row: ConversationRow


class GuideEventLine(Struct, rename="camel"):
    visitor_id: Text
    app_id: AppId
    browser_time: Time
    event_id: Text
    guide_id: str
    guide_step_id: str
    type: Literal["guideSeen", "guideAdvanced", "guideDismissed", "guideActivity"]


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
