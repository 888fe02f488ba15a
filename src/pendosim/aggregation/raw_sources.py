"""The sources that read single events: one by one, by recording, by conversation, by days of activity."""

import numpy as np
from numpy.typing import NDArray

from pendosim.aggregation.bitmaps import bitmap_of
from pendosim.aggregation.query import Query, Rows
from pendosim.world.activity import ITEM_KINDS, Activity
from pendosim.world.bucket_rows import Pools
from pendosim.world.recording_rows import recording_rows
from pendosim.world.single_rows import single_rows
from pendosim.world.timespan_rows import timespan_rows


def single_events(query: Query) -> Rows:
    """In an order that means nothing, or newest first for reverseTime."""
    activity, pools = query.world.events()
    places = np.flatnonzero(_wanted(query, activity, pools))
    newest_first = query.parameters.get("reverseTime") is True
    order = places[::-1] if newest_first else np.random.default_rng(len(places)).permutation(places)
    unit = query.window.unit if query.window else "day"
    return single_rows(
        activity, pools, order, definitions=query.world.definitions, calendar=query.world.calendar, unit=unit
    )


def recording_metadata(query: Query) -> Rows:
    activity, pools = query.world.events()
    apps, window = query.event_app_ids(), query.window
    return (
        row
        for row in recording_rows(activity, pools)
        if row["appId"] in apps and (window is None or window.start <= row["startTime"] < window.end)
    )


def agentic_events(query: Query) -> Rows:
    """Made-up ones and those that were sent. Nothing unless an application is named; observed so."""
    if "appId" not in query.parameters:
        return iter(())
    apps, agent, window = query.event_app_ids(), query.parameters.get("agentId"), query.window
    world = query.world
    return (
        dict(event.row)
        for event in world.conversations()
        if event.app_id in apps
        and agent in (None, event.agent_id)
        and (window is None or window.start <= event.row["browserTime"] < window.end)
        and not world.is_erased(event.row)
    )


def timespan(query: Query) -> Rows:
    activity, pools = query.world.events()
    apps = _app_places(query, pools)
    chosen = activity.where(np.isin(activity.app, apps))
    return timespan_rows(chosen, pools, query.world.calendar, query.parameters["kind"], bitmap_of)


def _wanted(query: Query, activity: Activity, pools: Pools) -> NDArray[np.bool_]:
    chosen = np.isin(activity.app, _app_places(query, pools))
    if query.window is not None:
        chosen &= (activity.time >= query.window.start) & (activity.time < query.window.end)
    for name, kind in ITEM_KINDS.items():
        wanted = query.parameters.get(name)
        if wanted is not None:
            places = [place for place, item in enumerate(pools.item_ids[kind]) if item == wanted]
            chosen &= (activity.kind == kind) & np.isin(activity.item, places)
    return chosen


def _app_places(query: Query, pools: Pools) -> list[int]:
    wanted = query.event_app_ids()
    return [place for place, (app, _) in enumerate(pools.apps) if app in wanted]
