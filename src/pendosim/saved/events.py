"""Single events as lines of JSON, and back."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import msgspec
import numpy as np

from pendosim.pieces import joined, json_text, taken, texts
from pendosim.saved.files import BadFile, read_lines
from pendosim.saved.shapes import EventLine
from pendosim.tables import ArrowArray
from pendosim.values import from_json, to_json
from pendosim.world.activity import FEATURE, OTHER, PAGE, TRACK, Activity
from pendosim.world.bucket_rows import Pools

_KINDS = {"page": PAGE, "feature": FEATURE, "track": TRACK, "other": OTHER}
_LINES_AT_ONCE = 100_000
_COLUMNS = len(fields(Activity))


def event_lines(activity: Activity, pools: Pools) -> Iterator[bytes]:
    """Many lines at once, the last of them without its end."""
    for start in range(0, len(activity), _LINES_AT_ONCE):
        some = activity.where(np.arange(start, min(start + _LINES_AT_ONCE, len(activity))))
        yield "\n".join(_encoded(some, pools).to_pylist()).encode()


def _encoded(of: Activity, pools: Pools) -> ArrowArray:
    items, first_places = _items(pools)
    accounts = [*pools.account_ids, ""]
    return joined(
        [
            '{"time":',
            texts(of.time),
            taken([f',"visitorId":{json_text(name)}' for name in pools.visitor_ids], of.visitor),
            taken([f',"accountId":{json_text(name)}' for name in accounts], of.account),
            taken([f',"appId":{app}' for app, _ in pools.apps], of.app),
            taken(items, first_places[of.kind] + np.maximum(of.item, 0)),
            taken([f',"userAgent":{json_text(agent)}' for agent in pools.user_agents], of.browser),
            taken([f',"ip":{json_text(ip)}' for ip in pools.ips], of.ip),
            ',"session":',
            texts(of.session),
            taken([f',"parameters":{one}' for one in pools.parameters], of.parameter),
            taken([f',"properties":{one}}}' for one in pools.properties], of.properties),
        ]
    )


def _items(pools: Pools) -> tuple[list[str], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Every kind with each of its items, and where each kind begins."""
    pieces: list[str] = []
    starts = []
    for name, kind in _KINDS.items():
        starts.append(len(pieces))
        pieces += [f',"kind":"{name}","item":{json_text(item)}' for item in pools.item_ids.get(kind, [""])]
    return pieces, np.array(starts, dtype=np.int64)


class _Pool(dict[str, int]):
    """Words with their places; asking for a new one puts it at the end."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__({word: place for place, word in enumerate(words)})

    def __missing__(self, word: str) -> int:
        place = self[word] = len(self)
        return place


class _Texts:
    """A pool of JSON texts; the same object written with other blanks is the same text."""

    def __init__(self, known: Sequence[str]) -> None:
        self.pool = _Pool(known)
        self._places: dict[bytes, int] = {}

    def place(self, raw: msgspec.Raw) -> int:
        text = bytes(raw)
        if text not in self._places:
            value = from_json(text)
            if not isinstance(value, dict):
                raise ValueError("parameters and properties are objects")
            self._places[text] = self.pool[to_json(value).decode()]
        return self._places[text]


class EventReader:
    """Turns lines into numbers; whoever and whatever `known` does not have comes to the end of its pools."""

    def __init__(self, known: Pools) -> None:
        self._known = known
        self._visitors, self._accounts = _Pool(known.visitor_ids), _Pool(known.account_ids)
        self._agents, self._ips = _Pool(known.user_agents), _Pool(known.ips)
        self._parameters, self._properties = _Texts(known.parameters), _Texts(known.properties)
        self._apps = {app: place for place, (app, _) in enumerate(known.apps)}
        self._items: Mapping[int, dict[str, int]] = {kind: _Pool(ids) for kind, ids in known.item_ids.items()}

    def read(self, path: Path) -> tuple[Activity, Pools]:
        """Raise BadFile. Lines may stand in any order."""
        numbers = array("q")
        for line, _, event in read_lines(path, EventLine):
            try:
                numbers.extend(self._numbers(event))
            except ValueError as bad:
                raise BadFile(path, str(bad), line) from bad
        columns = np.frombuffer(numbers, dtype=np.int64).reshape(-1, _COLUMNS).T
        activity = Activity(*columns)
        return activity.where(np.argsort(activity.time, kind="stable")), self._pools()

    def _numbers(self, event: EventLine) -> tuple[int, ...]:
        """In the order of Activity's fields."""
        kind = _KINDS[event.kind]
        return (
            event.time,
            self._visitors[event.visitor_id],
            self._accounts[event.account_id] if event.account_id else -1,
            self._app(event.app_id),
            kind,
            self._item(kind, event),
            self._agents[event.user_agent],
            self._ips[event.ip],
            event.session,
            self._parameters.place(event.parameters),
            self._properties.place(event.properties),
        )

    def _app(self, app: int) -> int:
        if app not in self._apps:
            raise ValueError(f"appId {app} is not in apps.jsonl")
        return self._apps[app]

    def _item(self, kind: int, event: EventLine) -> int:
        if kind == OTHER:
            return -1
        places = self._items[kind]
        if event.item not in places:
            raise ValueError(f"item {event.item[:60]!r} is no {event.kind} of this subscription")
        return places[event.item]

    def _pools(self) -> Pools:
        return Pools(
            visitor_ids=list(self._visitors),
            account_ids=list(self._accounts),
            apps=self._known.apps,
            item_ids=self._known.item_ids,
            user_agents=list(self._agents),
            ips=list(self._ips),
            parameters=list(self._parameters.pool),
            properties=list(self._properties.pool),
        )
