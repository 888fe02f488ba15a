"""The operators that bring in rows of elsewhere: expand, bulkExpand, expandList, itemSeen, merge."""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from typing import Any

import numpy as np

from pendosim.aggregation.query import Rows
from pendosim.aggregation.selection import whole
from pendosim.aggregation.shape import Step, path_of, put
from pendosim.errors import NotBuilt, Refused, known_only
from pendosim.tables import Table
from pendosim.values import Row, at_path, to_json
from pendosim.world.activity import ITEM_KINDS
from pendosim.world.world import World

_Lookup = Callable[[], dict[str, Any]]
Lookup = Callable[[], Iterable[Row]]
# What bulkExpand and expand both know, and what expand alone does.
_METADATA = ("visitor", "account")
_OBJECTS = ("page", "feature", "trackType")


def expand_step(argument: object, world: World) -> Step:
    """Attach metadata of a visitor or account, or a tagged object: `{"out": {"visitor": "visitorId"}}`."""
    return _attached(argument, "expand", (*_METADATA, *_OBJECTS), world)


def bulk_expand_step(argument: object, world: World) -> Step:
    return _attached(argument, "bulkExpand", _METADATA, world)


def _attached(argument: object, operator: str, kinds: tuple[str, ...], world: World) -> Step:
    if not isinstance(argument, dict):
        raise Refused(f"{operator} is an object of the form {{out: {{kind: field}}}}")
    wanted = [(path_of(out), *_wanted(of, operator, kinds, world)) for out, of in argument.items()]

    def run(rows: Rows) -> Iterator[Row]:
        found = [(out, path, lookup()) for out, path, lookup in wanted]
        for row in rows:
            for out, path, known in found:
                name = at_path(row, path)
                put(row, out, known.get(name) if isinstance(name, str) else None)
            yield row

    return run


def _wanted(of: object, operator: str, kinds: tuple[str, ...], world: World) -> tuple[tuple[str, ...], _Lookup]:
    if not isinstance(of, dict) or len(of) != 1 or not all(isinstance(field, str) for field in of.values()):
        raise Refused(f"{operator} takes one kind and one field for each result")
    ((kind, field),) = of.items()
    lookups: dict[str, _Lookup] = {
        "visitor": lambda: _metadata(world.visitors(), "visitorId"),
        "account": lambda: _metadata(world.accounts(), "accountId"),
        "page": lambda: _by_id(world.definitions.pages),
        "feature": lambda: _by_id(world.definitions.features),
        "trackType": lambda: _by_id(world.definitions.track_types),
    }
    if kind not in kinds:
        raise NotBuilt(f"{operator} of", kind[:60])
    return path_of(field), lookups[kind]


def expand_list_step(argument: object, groups: Lookup, apps: Lookup) -> Step:
    """Put objects in the place of a list of their ids."""
    names = ("inputField", "outputField", "typeName")
    if not isinstance(argument, dict) or not all(isinstance(argument.get(name), str) for name in names):
        raise Refused("expandList is an object with inputField, outputField and typeName")
    known_only(argument, "expandList", names)
    lookup = {"productArea": groups, "app": apps}.get(argument["typeName"])
    if lookup is None:
        raise NotBuilt("expandList of", argument["typeName"][:60])
    path, out = path_of(argument["inputField"]), path_of(argument["outputField"])

    def run(rows: Rows) -> Iterator[Row]:
        known = {to_json(one["id"]): one for one in lookup()}
        for row in rows:
            ids = at_path(row, path)
            found = [known.get(to_json(one)) for one in ids] if isinstance(ids, list) else []
            put(row, out, [one for one in found if one is not None])
            yield row

    return run


def item_seen_step(argument: object, world: World) -> Step:
    """When each visitor last used one page, feature or track type, and how often, all time."""
    if not isinstance(argument, dict):
        raise Refused("itemSeen is an object of the form {out: {pageId: id}}")
    wanted = [(path_of(out), *_item(of)) for out, of in argument.items()]

    def run(rows: Rows) -> Iterator[Row]:
        seen = [(out, _uses(world, kind, item)) for out, kind, item in wanted]
        for row in rows:
            name = row.get("visitorId")
            for out, uses in seen:
                last, count = uses.get(name, (0, 0)) if isinstance(name, str) else (0, 0)
                put(row, out, {"lastUsed": last, "count": count})
            yield row

    return run


def _item(of: object) -> tuple[int, str]:
    if not isinstance(of, dict) or len(of) != 1:
        raise Refused("itemSeen takes one pageId, featureId or trackTypeId for each result")
    ((field, item),) = of.items()
    if field not in ITEM_KINDS or not isinstance(item, str):
        raise Refused("itemSeen takes one pageId, featureId or trackTypeId for each result")
    return ITEM_KINDS[field], item


def _uses(world: World, kind: int, item: str) -> dict[str, tuple[int, int]]:
    """By visitor: time of the last event, and how many."""
    activity, pools = world.events()
    places = [place for place, name in enumerate(pools.item_ids[kind]) if name == item]
    of = activity.where((activity.kind == kind) & np.isin(activity.item, places))
    uses: dict[str, tuple[int, int]] = {}
    for visitor, time in zip(of.visitor.tolist(), of.time.tolist(), strict=True):
        name = pools.visitor_ids[visitor]
        last, count = uses.get(name, (0, 0))
        uses[name] = max(last, time), count + 1
    return uses


def _metadata(table: Table, name: str) -> dict[str, Any]:
    return {row[name]: row["metadata"] for row in whole(table)}


def _by_id(objects: list[Row]) -> dict[str, Any]:
    return {one["id"]: one for one in objects}


def of_segment(rows: Rows, visitors: Collection[str], world: World) -> Iterator[Row]:
    """Keep rows of these visitors; of rows that have only an account, those of an account one of them belongs to."""

    @cache
    def accounts() -> frozenset[str]:
        members = (row["metadata"] for row in whole(world.visitors()) if row["visitorId"] in visitors)
        return frozenset(name for metadata in members for name in metadata.get("auto", {}).get("accountids", ()))

    for row in rows:
        of_visitor = "visitorId" in row
        name = row.get("visitorId" if of_visitor else "accountId")
        if isinstance(name, str) and name in (visitors if of_visitor else accounts()):
            yield row


def merged(fields: list[Any], mappings: dict[str, Any] | None, inner: Callable[[], Rows]) -> Step:
    """Join from the left: the first inner row with equal fields lends its values."""
    if not fields or not all(isinstance(name, str) for name in fields):
        raise Refused("merge fields are a list of names")
    if mappings is not None and not all(isinstance(of, str) for of in mappings.values()):
        raise Refused("merge mappings name fields of the inner pipeline")
    paths = [path_of(name) for name in fields]
    mapped = None if mappings is None else [(path_of(out), path_of(of)) for out, of in mappings.items()]

    def key(row: Row) -> bytes:
        return to_json([at_path(row, path) for path in paths])

    def run(rows: Rows) -> Iterator[Row]:
        known: dict[bytes, Row] = {}
        for row in inner():
            known.setdefault(key(row), row)
        for row in rows:
            lent = known.get(key(row))
            if lent is not None:
                for out, of in mapped if mapped is not None else [((name,), (name,)) for name in lent]:
                    put(row, out, at_path(lent, of))
            yield row

    return run
