"""The truth a client must arrive at, counted from people and events, not from what HTTP answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pendosim.expressions.functions import is_identified
from pendosim.periods import UNITS
from pendosim.values import Row
from pendosim.world.activity import Activity
from pendosim.world.bucket_rows import BUCKET_SOURCES
from pendosim.world.definitions import in_apps
from pendosim.world.world import World

_SEGMENT = "segment/"


@dataclass(frozen=True)
class Expected:
    rows: int
    ids: tuple[str, ...] | None = None
    """Sorted. Of visitors, accounts and objects; for events the visitors who occur."""
    num_events: int | None = None
    """Sum over all rows, for event resources."""


def expected_of(
    world: World,
    resource: str,
    *,
    since: int | None = None,
    until: int | None = None,
    apps: Sequence[int] | None = None,
    unit: str = "day",
    identified: bool = False,
) -> Expected:
    """`since` and `until` (not included) are milliseconds on bucket starts; all applications unless given.

    `segment/<id>` stands for the members of a segment that was created by API.
    """
    if unit not in UNITS:
        raise ValueError(f"unit is {unit[:40]!r}; wanted one of {', '.join(UNITS)}")
    app_ids = None if apps is None else tuple(apps)
    if resource in BUCKET_SOURCES:
        return _buckets(world, resource, (since, until), app_ids, unit)
    if resource in ("guideEvents", "pollEvents"):
        return _interactions(world, resource, (since, until), app_ids)
    ids = _ids(world, resource, app_ids)
    return _of_ids([one for one in ids if is_identified(one)] if identified else ids)


def _ids(world: World, resource: str, apps: tuple[int, ...] | None) -> list[str]:
    if resource == "visitors":
        return world.ids("visitor")
    if resource == "accounts":
        return world.ids("account")
    tagged: dict[str, list[Row]] = {
        "pages": world.definitions.pages,
        "features": world.definitions.features,
        "trackTypes": world.definitions.track_types,
        "guides": world.guides,
    }
    if resource.startswith(_SEGMENT):
        return _members(world, resource)
    if resource in tagged:
        return [one["id"] for one in in_apps(tagged[resource], apps)]
    whole = {"reports": world.reports, "segments": world.segments}
    if resource not in whole:
        raise ValueError(f"expected() knows nothing of {resource!r}")
    return [one["id"] for one in whole[resource] if one["shared"]]


def _members(world: World, resource: str) -> list[str]:
    """Of a segment created by API: those who were sent and exist."""
    sent = world.memberships.members_of(resource.removeprefix(_SEGMENT))
    if sent is None:
        raise ValueError(f"expected() knows nothing of {resource[:80]!r}; it is no segment that was created by API")
    return [name for name in world.ids("visitor") if name in sent]


def _of_ids(ids: Sequence[str]) -> Expected:
    return Expected(len(ids), tuple(sorted(ids)))


_Span = tuple[int | None, int | None]


def _buckets(world: World, resource: str, span: _Span, apps: tuple[int, ...] | None, unit: str) -> Expected:
    source = BUCKET_SOURCES[resource]
    activity, pools = world.events()
    chosen = np.ones(len(activity), dtype=np.bool_) if source.kind is None else activity.kind == source.kind
    chosen &= _inside(activity.time, span)
    if apps is not None:
        places = [place for place, (app, _) in enumerate(pools.apps) if app in apps]
        chosen &= np.isin(activity.app, places)
    kept = activity.where(chosen)
    visitors = {pools.visitor_ids[place] for place in np.unique(kept.visitor).tolist()}
    rows = len(_distinct(world, kept, unit, with_item=source.kind is not None))
    return Expected(rows, tuple(sorted(visitors)), num_events=len(kept))


def _distinct(world: World, activity: Activity, unit: str, *, with_item: bool) -> set[tuple[int, ...]]:
    """Tell rows apart by everything but the time inside its bucket."""
    columns = [activity.app, world.calendar.floors(unit, activity.time), activity.visitor, activity.account]
    columns += [activity.browser, activity.ip]
    if with_item:
        columns += [activity.item, activity.parameter, activity.properties]
    return set(zip(*(column.tolist() for column in columns), strict=True))


def _inside(
    times: np.ndarray[tuple[int], np.dtype[np.int64]], span: _Span
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    since, until = span
    inside = np.ones(len(times), dtype=np.bool_)
    if since is not None:
        inside &= times >= since
    if until is not None:
        inside &= times < until
    return inside


def _interactions(world: World, resource: str, span: _Span, apps: tuple[int, ...] | None) -> Expected:
    table = world.guide_events() if resource == "guideEvents" else world.poll_events()
    rows = [table.row(place) for place in range(len(table))]
    kept = [
        row
        for row in rows
        if (span[0] is None or row["browserTime"] >= span[0])
        and (span[1] is None or row["browserTime"] < span[1])
        and (apps is None or row["appId"] in apps)
    ]
    return Expected(len(kept), tuple(sorted({row["visitorId"] for row in kept})), num_events=len(kept))
