"""Events sent while the simulator runs, joined to those it began with."""

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pendosim.values import Row, to_json
from pendosim.world.activity import TRACK, Activity, empty_activity
from pendosim.world.bucket_rows import Pools
from pendosim.world.definitions import App, Tagging, track_type


@dataclass(frozen=True)
class TrackEvent:
    name: str
    visitor_id: str
    account_id: str
    time: int
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


class LiveEvents:
    """Track events in the default application, as numbers into pools that grow."""

    def __init__(self, pools: Pools, app: App, tagging: Tagging, track_types: list[Row]) -> None:
        self._visitors = _Pool(list(pools.visitor_ids))
        self._accounts = _Pool(list(pools.account_ids))
        self._agents = _Pool(list(pools.user_agents))
        self._ips = _Pool(list(pools.ips))
        self._properties = _Pool(list(pools.properties))
        self._pools = pools
        self._app, self._tagging, self._types = app, tagging, track_types
        self._type_places = {
            one["trackTypeName"]: place for place, one in enumerate(track_types) if one["appId"] == app.id
        }

        self._rows: list[tuple[int, ...]] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, event: TrackEvent) -> None:
        with self._lock:
            self._rows.append(self._numbers(event))

    def activity_and_pools(self) -> tuple[Activity, Pools]:
        with self._lock:
            activity = Activity(*np.array(self._rows, dtype=np.int64).T) if self._rows else empty_activity()
            return activity, self._pools_now()

    def _numbers(self, event: TrackEvent) -> tuple[int, ...]:
        """In the order of Activity's fields."""
        account = self._accounts.place(event.account_id) if event.account_id else -1
        properties = self._properties.place(to_json(event.properties).decode())
        visitor, agent = self._visitors.place(event.visitor_id), self._agents.place(event.user_agent)
        return (
            event.time,
            visitor,
            account,
            0,
            TRACK,
            self._type(event),
            agent,
            self._ips.place(event.ip),
            0,
            0,
            properties,
        )

    def _type(self, event: TrackEvent) -> int:
        """Find the track type; a new name makes a new one."""
        if event.name not in self._type_places:
            self._type_places[event.name] = len(self._types)
            made = track_type(self._tagging, self._app, event.name, len(self._types))
            self._types.append(made | {"eventPropertyNameList": list(event.properties)})
        return self._type_places[event.name]

    def _pools_now(self) -> Pools:
        of = self._pools
        return Pools(
            visitor_ids=list(self._visitors.words),
            account_ids=list(self._accounts.words),
            apps=of.apps,
            item_ids=of.item_ids | {TRACK: [one["id"] for one in self._types]},
            user_agents=list(self._agents.words),
            ips=list(self._ips.words),
            parameters=of.parameters,
            properties=list(self._properties.words),
        )
