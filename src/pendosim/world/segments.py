"""Segments: those made in the application, which find their members, and those whose members are sent."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pendosim.clock import Clock
from pendosim.errors import Refused
from pendosim.values import Row
from pendosim.world.definitions import SYSTEM_AUTHOR, App, Tagging
from pendosim.world.ids import object_id

CONFLICT = 409
_ELSEWHERE = ("appId", "appIds", "group", "stableVersionId", "color", "description")
_RULES = {"Admins": "metadata.agent.isadmin == true", "Pro plan": 'metadata.custom.plan == "pro"'}
_PRIVATE = {"My own trials": "metadata.custom.trial == true"}


def made_segments(app: App, seed: int, now: int) -> list[Row]:
    """Two that everyone sees and one that only its author does."""
    tagging = Tagging(seed, now)
    rules = enumerate((_RULES | _PRIVATE).items())
    return [
        _segment(tagging, app, name, number) | _ruled(rule, shared=name in _RULES) for number, (name, rule) in rules
    ]


def _segment(tagging: Tagging, app: App, name: str, number: int) -> Row:
    common = tagging.common("Segment", app, name, number)
    return {name: value for name, value in common.items() if name not in _ELSEWHERE}


def _ruled(rule: str, *, shared: bool) -> Row:
    pipeline = [{"source": {"visitors": None}}, {"identified": "visitorId"}, {"filter": rule}]
    of_ui = {"createdByApi": False, "shared": shared, "pipeline": pipeline, "dependentMetadata": []}
    return of_ui | {"definition": {"filters": [{"rule": rule}]}, "isFocusGroup": False}


@dataclass
class _Members:
    """Of one segment that was created by API."""

    now: frozenset[str]
    request_id: str
    coming: frozenset[str] | None = None
    """Members once the write that is under way takes effect."""
    due: int = 0


class Memberships:
    """Changes the segments of one world in place; new members count from when they are `due` (ms) on."""

    def __init__(self, segments: list[Row], clock: Clock, seed: int, due: Callable[[], int]) -> None:
        self._segments = segments
        self._clock = clock
        self._seed = seed
        self._due = due
        self._members: dict[str, _Members] = {}
        self._made = self._requests = 0
        self._lock = threading.RLock()

    def listed(self) -> list[Row]:
        """All that are shared with everyone."""
        with self._lock:
            return [segment for segment in self._segments if segment["shared"]]

    def find(self, segment_id: str) -> Row:
        """Raise Refused (404) for one that is not there or not shared."""
        found = next((one for one in self.listed() if one["id"] == segment_id), None)
        if found is None:
            raise Refused("segment not found", status=404)
        return found

    def members_of(self, segment_id: str) -> frozenset[str] | None:
        """Visitor ids, known or not; None where the segment's own pipeline decides."""
        with self._lock:
            members = self._settled(segment_id)
            return None if members is None else members.now

    def status(self, segment_id: str) -> Row:
        with self._lock:
            self.find(segment_id)
            members = self._settled(segment_id)
            pending = members is not None and members.coming is not None
            request = members.request_id if members else ""
            command = "update" if pending else "finish"
            return {"requestId": request, "status": 200, "command": command, "updatePending": pending}

    def create(self, name: str, visitors: Iterable[str]) -> str:
        """Make a segment that is there at once; its members follow."""
        with self._lock:
            self._made += 1
            segment = self._created(object_id("Segment", self._seed, "api", self._made), name)
            self._segments.append(segment)
            self._members[segment["id"]] = _Members(frozenset(), "")
            self._write(segment["id"], frozenset(visitors))
            return str(segment["id"])

    def replace(self, segment_id: str, name: str | None, visitors: Iterable[str] | None) -> None:
        with self._lock:
            self._writable(segment_id)
            if name is not None:
                self._touch(segment_id, name=name)
            if visitors is not None:
                self._write(segment_id, frozenset(visitors))

    def change(self, segment_id: str, changes: Iterable[tuple[str, list[str]]]) -> None:
        """Apply `add` and `remove` in their order, as one write."""
        with self._lock:
            members = set(self._writable(segment_id).now)
            for verb, visitors in changes:
                members = members | set(visitors) if verb == "add" else members - set(visitors)
            self._write(segment_id, frozenset(members))

    def delete(self, segment_id: str) -> None:
        with self._lock:
            found = self.find(segment_id)
            self._settled(segment_id)
            self._free(segment_id)
            self._segments.remove(found)
            self._members.pop(segment_id, None)

    def _created(self, segment_id: str, name: str) -> Row:
        now = self._clock.now()
        of = {"id": segment_id, "kind": "Segment", "name": name, "createdByApi": True, "createdAt": now}
        of |= {"createdByUser": SYSTEM_AUTHOR, "lastUpdatedAt": now, "lastUpdatedByUser": SYSTEM_AUTHOR}
        empty: Row = {"definition": {}, "pipeline": [], "dependentMetadata": [], "isFocusGroup": False}
        return of | {"rootVersionId": segment_id, "shared": True} | empty

    def _settled(self, segment_id: str) -> _Members | None:
        members = self._members.get(segment_id)
        if members is not None and members.coming is not None and self._clock.now() >= members.due:
            members.now, members.coming = members.coming, None
        return members

    def _writable(self, segment_id: str) -> _Members:
        self.find(segment_id)
        members = self._settled(segment_id)
        if members is None:
            raise Refused("only segments created by API can be changed by API")
        self._free(segment_id)
        return members

    def _free(self, segment_id: str) -> None:
        members = self._members.get(segment_id)
        if members is not None and members.coming is not None:
            raise Refused("operation in progress", status=CONFLICT)

    def _write(self, segment_id: str, visitors: frozenset[str]) -> None:
        members = self._members[segment_id]
        self._requests += 1
        members.request_id = object_id("segment request", self._seed, self._requests)
        members.coming, members.due = visitors, self._due()
        self._settled(segment_id)
        self._touch(segment_id)

    def _touch(self, segment_id: str, **changed: str) -> None:
        place = next(place for place, one in enumerate(self._segments) if one["id"] == segment_id)
        updated = {"lastUpdatedAt": self._clock.now(), "lastUpdatedByUser": SYSTEM_AUTHOR}
        self._segments[place] = self._segments[place] | updated | changed
