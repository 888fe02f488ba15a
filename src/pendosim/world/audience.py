"""Whom a guide is for: everyone, or the members of a segment."""

from typing import Any

from pendosim.values import Row


def audience(segment_id: str = "") -> list[Row]:
    """Make the stages of aggregation that find the visitors."""
    inside: list[Any] = [{"segment": {"id": segment_id}}] if segment_id else []
    return [{"source": {"visitors": None}}, *inside, {"select": {"visitorId": "visitorId"}}]


def audience_hint(segment_id: str = "") -> Row:
    chosen = [{"kind": "segment", "segmentId": segment_id}] if segment_id else []
    return {"filters": chosen}
