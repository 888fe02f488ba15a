"""What a simulated Pendo holds, resource by resource: the records that a client has to arrive at.

Taken from the simulator's world and its own pipelines, or from its plain lists; never by pages, ranges or windows.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from pendant.connectors.declaration import ColumnType, Connector, Resource
from pendant.connectors.pendo import metadata
from pendant.connectors.pendo.layout import Column, Layout, declared
from pendant.model.http import Channel
from pendosim.aggregation.pipeline import pipeline_of
from pendosim.running import Pendo

Record = dict[str, Any]

DAY_MS = 86_400_000
EVERYWHERE = {"appId": 'expandAppIds("*")'}
PIPELINE = [{"source": {"visitors": None}}, {"select": {"visitorId": "visitorId", "seats": "metadata.agent.seats"}}]
"""What the resource aggregation is asked for."""


class Truth:
    """Of one simulator, over the span [since, until) in ms, which begins and ends at midnight of the subscription."""

    def __init__(self, pendo: Pendo, connector: Connector, since: int, until: int) -> None:
        self._pendo = pendo
        self._connector = connector
        self._since = since
        self._until = until

    def asked(self, resource: Resource) -> dict[str, Any]:
        """Return the fields of an Export that ask for all of it within the span."""
        if resource.kind == "aggregation":
            return {"pipeline": json.dumps(PIPELINE)}
        if not resource.takes_times:
            return {}
        return {"since": _at(self._since), "until": _at(self._until)}

    def records(self, resource: Resource) -> list[Record]:
        """Return every record as it has to come, in any order."""
        kinds: dict[str, Callable[[Resource], list[Record]]] = {
            "entity": self._rows,
            "rows": self._rows,
            "list": self._list,
            "object": self._objects,
            "event": self._events,
            "seen": self._seen,
            "children": self._children,
            "members": self._members,
            "history": self._history,
            "nps": self._nps,
            "schema": self._schema,
            "aggregation": lambda _: self.sent(*PIPELINE),
        }
        return kinds[resource.kind](resource)

    def columns(self, channel: Channel, resource: Resource) -> Sequence[Column]:
        """Return the columns that an export of the resource has."""
        if resource.kind == "aggregation":
            types = {"visitorId": ColumnType.TEXT, "seats": ColumnType.INTEGER}
            return [Column(name, (name,), type_) for name, type_ in types.items()]
        if resource.metadata:
            return Layout(metadata.columns(channel, self._connector, resource)).columns
        return declared(self._connector.columns_of(resource))

    def sent(self, *pipeline: Any) -> list[Record]:
        world = self._pendo.world
        return [_plain(row) for row in pipeline_of(list(pipeline), world, world.environment()).rows()]

    def got(self, path: str) -> Any:
        request = urllib.request.Request(self._pendo.api + path)
        request.add_header("x-pendo-integration-key", self._pendo.key)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def _rows(self, resource: Resource) -> list[Record]:
        return self.sent({"source": {resource.source: None}})

    def _list(self, resource: Resource) -> list[Record]:
        objects = self.got(f"{resource.path}?expand=*" if resource.apps == "query" else resource.path)
        if not resource.each:
            return objects
        names = self._names_above(resource)
        return [
            {"parent": {name: one[name] for name in names}, "position": place} | part
            for one in objects
            for place, part in enumerate(one[resource.each])
        ]

    def _objects(self, resource: Resource) -> list[Record]:
        if resource.apps == "query":
            return [self.got(f"{resource.path}?appId={app.id}") for app in self._pendo.world.apps]
        found = self.got(resource.path)
        if not resource.members:
            return found if isinstance(found, list) else [found]
        return [
            {resource.members: name, "position": place, resource.nest: item}
            for name, items in found.items()
            for place, item in enumerate(items)
        ]

    def _over(self, resource: Resource, since: int, until: int) -> list[Record]:
        series = {"period": "dayRange", "first": since, "last": until - 1}
        return self.sent({"source": {resource.source: EVERYWHERE, "timeSeries": series}})

    def _events(self, resource: Resource) -> list[Record]:
        """A day of the time series may hold a row whose own time lies on another: whose time it is decides."""
        rows = self._over(resource, self._since - DAY_MS, self._until + DAY_MS)
        return [row for row in rows if self._since <= row[resource.time] < self._until]

    def _seen(self, resource: Resource) -> list[Record]:
        return self._over(resource, self._since, self._until)

    def _above(self, resource: Resource) -> list[Record]:
        return self._list(self._connector.resource(resource.parent))

    def _names_above(self, resource: Resource) -> list[str]:
        columns = self._connector.columns_of(resource)
        return [path.removeprefix("parent.") for path in columns if path.startswith("parent.")]

    def _children(self, resource: Resource) -> list[Record]:
        names, found = self._names_above(resource), []
        for above in self._above(resource):
            if resource.name == "reportResults" and above["target"] not in ("visitor", "account"):
                continue
            for place, child in enumerate(self.got(resource.path.format(id=quote(above["id"], safe="")))):
                own = {resource.nest: child} if resource.nest else child
                found.append({"parent": {name: above.get(name) for name in names}, "position": place} | own)
        return found

    def _members(self, resource: Resource) -> list[Record]:
        names, found = self._names_above(resource), []
        for above in self._above(resource):
            members = self.sent({"source": {"visitors": None}}, {"segment": {"id": above["id"]}})
            known = {"id": above["id"]} | {name: above.get(name) for name in names}
            found += [{"parent": known, "visitorId": member["visitorId"]} for member in members]
        return found

    def _history(self, _: Resource) -> list[Record]:
        world = self._pendo.world
        return [
            {"visitorId": visitor} | _plain(row)
            for visitor in world.people.visitor_ids
            if visitor
            for start in range(self._since, self._until, DAY_MS)
            for row in world.history(visitor, start)
            if row["ts"] < self._until
        ]

    def _nps(self, _: Resource) -> list[Record]:
        found = []
        for guide in self._pendo.world.guides:
            if len(guide["polls"]) == 2:
                found += list(self._answers(guide))
        return found

    def _answers(self, guide: Record) -> Iterator[Record]:
        rating, comment = (poll["id"] for poll in guide["polls"])
        last: dict[tuple[str, str], Record] = {}
        for row in self.sent({"source": {"pollEvents": EVERYWHERE}}, {"sort": ["browserTime"]}):
            last[row["visitorId"], row["pollId"]] = row
        for visitor in {name for name, poll in last if poll in (rating, comment)}:
            rated, said = last.get((visitor, rating)), last.get((visitor, comment))
            yield {"guideId": guide["id"], "visitorId": visitor} | {
                "ratedAt": rated and rated["browserTime"],
                "rating": rated and rated["pollResponse"],
                "comment": said and said["pollResponse"],
            }

    def _schema(self, _: Resource) -> list[Record]:
        return [
            {"kind": kind, "group": group, "field": field, "schema": said}
            for kind in ("visitor", "account")
            for group, fields in self.got(f"/api/v1/metadata/schema/{kind}").items()
            for field, said in fields.items()
        ]


def same(records: list[Record], fields: list[str] | None = None) -> list[str]:
    """Return records so that two lists of them can be compared: without order, numbers by value."""
    kept = records if fields is None else [{name: one.get(name) for name in fields} for one in records]
    return sorted(json.dumps(_plain(one), sort_keys=True) for one in kept)


def put_together(columns: Sequence[Column], row: dict[str, Any]) -> Any:
    """Return the record that a row was made of: its columns under their paths, and what no column was there for."""
    record: dict[str, Any] = json.loads(row["other_fields"] or "{}")
    for column in columns:
        put(record, column.path, unfolded(column, row[column.name]))
    return without_nothing(record)


def unfolded(column: Column, value: Any) -> Any:
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    return json.loads(value) if column.type is ColumnType.JSON and value is not None else value


def as_columns(columns: Sequence[Column], record: dict[str, Any]) -> Any:
    """Return a record as rows say it: no time instead of 0 where that means never, and the text of any value."""
    found = json.loads(json.dumps(record))
    for column in columns:
        value = found
        for key in column.path:
            value = value.get(key) if isinstance(value, dict) else None
        if column.type is ColumnType.TIME_OR_NEVER and value == 0:
            put(found, column.path, None)
        if column.type is ColumnType.ANY_TEXT and value is not None and not isinstance(value, str):
            put(found, column.path, json.dumps(value, separators=(",", ":")))
    return without_nothing(found)


def put(record: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        record = record.setdefault(key, {})
    record[path[-1]] = value


def without_nothing(value: Any) -> Any:
    """Leave out what is null and what is empty: a column cannot tell that from what is not there."""
    if not isinstance(value, dict):
        return value
    kept = {name: without_nothing(one) for name, one in value.items()}
    return {name: one for name, one in kept.items() if one is not None and one != {}}


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; of numbers, 2.0 and 2 are one."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
