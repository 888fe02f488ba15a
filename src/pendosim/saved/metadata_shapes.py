"""What metadata.json must have."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType, field

from pendosim.saved.shapes import AccountLine, Text, Time

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


class Receipt(Struct, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    id: Text
    kind: Literal["visitor", "account"]
    ids: list[str]
    status: Literal["pending", "complete"]
    created_at: Time
    completed_at: Time | UnsetType = UNSET


class Metadata(Struct, forbid_unknown_fields=True, kw_only=True):
    """All of metadata.json."""

    fields: Fields
    never_processed: Ids
    erased: Ids
    receipts: list[Receipt]
    parent_accounts: list[AccountLine]
