"""Feedback items of Pendo Listen: what is sent is kept, with the vocabulary it may use."""

import threading

from pendosim.clock import Clock
from pendosim.errors import Refused
from pendosim.values import Row
from pendosim.world.definitions import App
from pendosim.world.ids import object_id

IMPORTANCE = (-1, 0, 1, 2, 3)
"""-1 is not set."""
_LABELS = (("Admin", "Role"), ("Editor", "Role"), ("ui", ""), ("mobile", ""))


def feedback_options(apps: tuple[App, ...], groups: list[Row]) -> Row:
    labels = [{"name": name, "category": category} if category else {"name": name} for name, category in _LABELS]
    return {
        "labels": labels,
        "apps": [{"id": app.id, "name": app.name} for app in apps],
        "importance": list(IMPORTANCE),
        "productAreas": [{"id": group["id"], "name": group["name"]} for group in groups],
    }


class Feedback:
    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock = clock
        self._seed = seed
        self._items: dict[str, Row] = {}
        self._made = 0
        self._lock = threading.Lock()

    def items(self) -> list[Row]:
        """All there are, oldest first; Pendo has no list of them, a test may want one."""
        with self._lock:
            return list(self._items.values())

    def create(self, fields: Row) -> Row:
        with self._lock:
            self._made += 1
            name, now = object_id("Feedback", self._seed, self._made), self._clock.now()
            self._items[name] = {"id": name, "createdAt": now, "importance": -1} | fields | {"lastUpdatedAt": now}
            return self._items[name]

    def update(self, item_id: str, fields: Row) -> Row:
        with self._lock:
            if item_id not in self._items:
                raise Refused("feedback item not found", status=404)
            self._items[item_id] = self._items[item_id] | fields | {"lastUpdatedAt": self._clock.now()}
            return self._items[item_id]

    def delete(self, item_ids: list[str]) -> None:
        """Ids that are not there are left alone."""
        with self._lock:
            for name in item_ids:
                self._items.pop(name, None)
