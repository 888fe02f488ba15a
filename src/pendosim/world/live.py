"""Events that come, go and change while the simulator runs, joined to those it began with."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from pendosim.values import Row, to_json
from pendosim.world.activity import NO_SESSION, TRACK, Activity, Places
from pendosim.world.bucket_rows import Pools
from pendosim.world.definitions import App, Tagging, track_type
from pendosim.world.ids import stable_version_id
from pendosim.world.track_limits import TRACK_TYPES_MAX, PropertyLimits

RESTATED_MAX = 100_000
"""How many events a window can gain or lose at once."""


class SentEvent(NamedTuple):
    kind: int
    """PAGE, FEATURE, TRACK or OTHER."""
    item: str
    """Of track events the name, of pages and features the id, otherwise empty."""
    visitor_id: str
    account_id: str
    """Empty for none."""
    time: int
    app: int
    """Its place among the applications."""
    properties: dict[str, Any]
    ip: str
    user_agent: str


@dataclass
class _Pool:
    """Words with their places; new ones go to the end."""

    words: list[str]
    places: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = {word: place for place, word in reversed(list(enumerate(self.words)))}

    def place(self, word: str) -> int:
        if word not in self.places:
            self.places[word] = len(self.words)
            self.words.append(word)
        return self.places[word]


class EventStream:
    """Every single event as numbers into pools that grow. Not safe for threads: its owner holds a lock."""

    def __init__(
        self,
        made: Callable[[], Activity],
        pools: Pools,
        apps: tuple[App, ...],
        tagging: Tagging,
        track_types: list[Row],
    ) -> None:
        """Begin with `made`; new track types are added to `track_types` itself."""
        self._made = made
        self._activity: Activity | None = None
        self._new: list[tuple[int, ...]] = []
        self.version = 0
        self._visitors, self._accounts = _Pool(list(pools.visitor_ids)), _Pool(list(pools.account_ids))
        self._agents, self._ips = _Pool(list(pools.user_agents)), _Pool(list(pools.ips))
        self._properties = _Pool(list(pools.properties))
        self._items = {kind: _Pool(list(ids)) for kind, ids in pools.item_ids.items() if kind != TRACK}
        self._pools, self._apps, self._tagging, self._types = pools, apps, tagging, track_types
        self._type_places = {(one["appId"], one["trackTypeName"]): place for place, one in enumerate(track_types)}
        self._types_each = Counter(app for app, _ in self._type_places)
        self._limits = PropertyLimits()

    def add(self, event: SentEvent, at: int) -> bool:
        """Say whether the limits let the event in, at that moment."""
        item = self._item(event, at)
        if item is None:
            return False
        properties = self._limits.kept(event.properties)
        # In the order of Activity's fields.
        self._new.append(
            (
                event.time,
                self._visitors.place(event.visitor_id),
                self._accounts.place(event.account_id) if event.account_id else -1,
                event.app,
                event.kind,
                item,
                self._agents.place(event.user_agent),
                self._ips.place(event.ip),
                NO_SESSION,
                0,
                self._properties.place(to_json(properties).decode()),
            )
        )
        self.version += 1
        return True

    def current(self) -> tuple[Activity, Pools]:
        of = self._pools
        types: dict[int, Sequence[str]] = {TRACK: [one["id"] for one in self._types]}
        pools = Pools(
            visitor_ids=list(self._visitors.words),
            account_ids=list(self._accounts.words),
            apps=of.apps,
            item_ids=types | {kind: list(pool.words) for kind, pool in self._items.items()},
            user_agents=list(self._agents.words),
            ips=list(self._ips.words),
            parameters=of.parameters,
            properties=list(self._properties.words),
        )
        return self._merged(), pools

    def erase(self, *, visitors: Collection[str] = (), accounts: Collection[str] = ()) -> None:
        activity = self._merged()
        erased = np.isin(
            activity.visitor, [self._visitors.places[name] for name in visitors if name in self._visitors.places]
        )
        erased |= np.isin(
            activity.account, [self._accounts.places[name] for name in accounts if name in self._accounts.places]
        )
        self._replace(activity.where(~erased))

    def restate(self, since: int, until: int, events: int) -> None:
        """Let the window hold so many more events, or fewer, spread over those that it has."""
        activity = self._merged()
        inside = np.flatnonzero((activity.time >= since) & (activity.time < until))
        if not len(inside):
            return
        chosen = _spread(inside, abs(events))
        if events > 0:
            self._replace(activity.joined(activity.where(chosen)))
        else:
            self._replace(activity.where(np.setdiff1d(np.arange(len(activity)), chosen)))

    def _merged(self) -> Activity:
        activity = self._made() if self._activity is None else self._activity
        if self._new:
            activity = activity.joined(Activity(*np.array(self._new, dtype=np.int64).T))
            self._new = []
        self._activity = activity
        return activity

    def _replace(self, activity: Activity) -> None:
        self._activity = activity
        self.version += 1

    def _item(self, event: SentEvent, at: int) -> int | None:
        if event.kind in self._items:
            return self._items[event.kind].places[event.item]
        return self._type(event, at) if event.kind == TRACK else -1

    def _type(self, event: SentEvent, at: int) -> int | None:
        """Find the track type; a new name makes a new one, `at` this moment, up to a limit for each application."""
        app = self._apps[event.app]
        known = self._type_places.get((app.id, event.item))
        if known is not None:
            return known
        if self._types_each[app.id] >= TRACK_TYPES_MAX:
            return None
        self._types_each[app.id] += 1
        place = self._type_places[app.id, event.item] = len(self._types)
        made = track_type(self._tagging, app, event.item, place)
        since = {"createdAt": at, "lastUpdatedAt": at, "stableVersionId": stable_version_id(made["id"], at)}
        self._types.append(made | since | {"eventPropertyNameList": list(event.properties)})
        return place


def _spread(places: Places, count: int) -> Places:
    """So many of them, evenly; again from the start where there are not enough."""
    if count >= len(places):
        return np.resize(places, count)
    return places[np.arange(count) * len(places) // count]
