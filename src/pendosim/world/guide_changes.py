"""What happens to guides while the simulator runs: states, audiences, resets, and the versions they leave behind."""

import threading
from collections.abc import Iterable, Iterator
from typing import Any

from pendosim.clock import Clock
from pendosim.errors import Refused
from pendosim.values import Row
from pendosim.world.audience import audience, audience_hint
from pendosim.world.definitions import SYSTEM_AUTHOR
from pendosim.world.ids import stable_version_id

STATES = ("draft", "staged", "public", "disabled")
_ANYONE = ""


class GuideChanges:
    """Changes the guides of one world in place."""

    def __init__(self, guides: list[Row], clock: Clock) -> None:
        self._guides = guides
        self._clock = clock
        self._versions: dict[str, list[Row]] = {}
        """Of changed guides, newest first; the guide itself is not among them."""
        self._forgotten: dict[tuple[str, str], int] = {}
        """When a guide (first) was reset for a visitor or for anyone: what was seen until then counts no more."""
        self._lock = threading.RLock()

    def find(self, guide_id: str) -> Row:
        return self._guides[self._place(guide_id)]

    def history(self, guide_id: str) -> list[Row]:
        """All versions, newest first; the oldest is the draft that the guide began as."""
        with self._lock:
            found = [self.find(guide_id), *self._versions.get(guide_id, [])]
        began = found[-1]
        if began["state"] != "draft":
            at = {"lastUpdatedAt": began["createdAt"], "publishedAt": 0, "publishedEver": False, "state": "draft"}
            found.append(began | at | {"stableVersionId": stable_version_id(guide_id, began["createdAt"])})
        return found

    def set_state(self, guide_id: str, state: str) -> None:
        with self._lock:
            guide = self.find(guide_id)
            published: Row = {}
            if state == "public":
                published = {"publishedAt": guide["publishedAt"] or self._clock.now(), "publishedEver": True}
            self.change(guide_id, {"state": state, **published})

    def set_segment(self, guide_id: str, segment_id: str) -> None:
        self.change(guide_id, {"audience": audience(segment_id), "audienceUiHint": audience_hint(segment_id)})

    def reset(self, guide_id: str) -> None:
        """Show a staged guide anew to everyone."""
        with self._lock:
            if self.find(guide_id)["state"] != "staged":
                raise Refused("only staged guides can be reset")
            self._reset(guide_id)

    def reset_staged(self) -> None:
        with self._lock:
            for guide in list(self._guides):
                if guide["state"] == "staged":
                    self._reset(guide["id"])

    def reset_for(self, visitor_id: str, guide_id: str) -> None:
        """Forget that a visitor, known or not, saw a guide."""
        with self._lock:
            self.find(guide_id)
            self._forgotten[guide_id, visitor_id] = self._clock.now()

    def reset_all_for(self, visitor_id: str) -> None:
        with self._lock:
            self._forgotten |= {(guide["id"], visitor_id): self._clock.now() for guide in self._guides}

    def remembered(self, interactions: Iterable[Row]) -> Iterator[Row]:
        """Leave out what visitors saw of a guide before it was reset for them."""
        forgotten = dict(self._forgotten)
        for row in interactions:
            resets = (forgotten.get((row["guideId"], who), -1) for who in (row["visitorId"], _ANYONE))
            if row["browserTime"] > max(resets):
                yield row

    def change(self, guide_id: str, changed: dict[str, Any]) -> None:
        """Make a new version."""
        with self._lock:
            place, now = self._place(guide_id), self._clock.now()
            before = self._guides[place]
            self._versions.setdefault(guide_id, []).insert(0, before)
            touched = {"lastUpdatedAt": now, "lastUpdatedByUser": SYSTEM_AUTHOR}
            version = {"stableVersionId": stable_version_id(before["rootVersionId"], now)}
            self._guides[place] = before | touched | version | changed

    def _place(self, guide_id: str) -> int:
        for place, guide in enumerate(self._guides):
            if guide["id"] == guide_id:
                return place
        raise Refused("guide not found", status=404)

    def _reset(self, guide_id: str) -> None:
        now = self._clock.now()
        steps = [step | {"resetAt": now} for step in self.find(guide_id)["steps"]]
        self.change(guide_id, {"resetAt": now, "steps": steps})
        self._forgotten[guide_id, _ANYONE] = now
