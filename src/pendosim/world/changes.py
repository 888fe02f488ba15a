"""What was written to objects while the simulator ran, beyond the objects themselves: one value of a saved world."""

from typing import Any

from msgspec import Struct

GuideResets = dict[str, dict[str, int]]


class Changes(Struct, forbid_unknown_fields=True, kw_only=True):
    segment_members: dict[str, list[str]] = {}
    """Visitor ids, known or not, of each segment that was created by API."""
    guide_versions: dict[str, list[dict[str, Any]]] = {}
    """Earlier versions of changed guides, newest first."""
    guide_resets: GuideResets = {}
    """Guide id, visitor id (or nothing, for anyone): when it was reset, in milliseconds since the epoch."""
    translations: dict[str, dict[str, dict[str, str]]] = {}
    """Guide id, language, unit id: text."""
    feedback: list[dict[str, Any]] = []
    """Items, oldest first."""
    data_sync: dict[str, int] = {}
    """When the credentials of each storage were last changed."""
