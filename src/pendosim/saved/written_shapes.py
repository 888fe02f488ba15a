"""What written.json must have."""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, field

from pendosim.saved.shapes import AccountLine, Count, Text, Time

Texts = dict[str, str]
Object = dict[str, Any]
Ids = dict[Literal["visitor", "account"], list[str]]
"""By kind."""


class SchemaEntry(Struct, rename="pascal", omit_defaults=True):
    """As Pendo answers it, in its own mixed capitals."""

    type: str
    display_name: str
    element_type: str
    element_format: str
    dirty: bool
    is_hidden: bool = field(name="isHidden")
    is_deleted: bool = field(name="isDeleted")
    is_calculated: bool = field(name="isCalculated")
    is_per_app: bool = field(name="isPerApp")
    is_promoted: bool = field(name="isPromoted")
    never_index: bool = field(name="neverIndex")
    sample: str | UnsetType = field(name="sample", default=UNSET)


class Fields(Struct, forbid_unknown_fields=True):
    schemas: dict[str, dict[str, dict[str, SchemaEntry]]]
    deleted: dict[str, list[tuple[str, str]]]


class Members(Struct, forbid_unknown_fields=True):
    members: dict[str, list[str]]
    requests: Texts
    made: Count
    asked: Count


class GuideVersions(Struct, forbid_unknown_fields=True):
    versions: dict[str, list[Object]]
    resets: list[tuple[str, str, int]]


class Feedback(Struct, forbid_unknown_fields=True):
    items: list[Object]
    made: Count


class Receipt(Struct, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    id: Text
    kind: Literal["visitor", "account"]
    ids: list[str]
    status: Literal["pending", "complete"]
    created_at: Time
    completed_at: Time | UnsetType = UNSET


class Written(Struct, forbid_unknown_fields=True, kw_only=True):
    """All of written.json: what clients wrote and sent that has no file of its own."""

    fields: Fields
    never_processed: Ids
    erased: Ids
    receipts: list[Receipt]
    parent_accounts: list[AccountLine]
    segments: Members
    guides: GuideVersions
    translations: dict[str, dict[str, Texts]]
    feedback: Feedback
    rotated: dict[str, int]
