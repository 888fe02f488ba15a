"""The results of a guide's experiment: who saw the guide, and who then used what it is about."""

from typing import NamedTuple

import numpy as np

from pendosim.errors import Refused
from pendosim.expressions.functions import is_identified
from pendosim.values import Row
from pendosim.world.activity import FEATURE
from pendosim.world.world import World

COLUMNS = ("visitorId", "group", "firstSeenAt", "converted")


def experiment_rows(world: World, guide: Row) -> list[Row]:
    """One row for each identified visitor. Raises Refused where the guide is no experiment."""
    of = _experiment(guide)
    seen, used = _first_seen(world, guide["id"]), _times_used(world, of.item_id)
    rows = []
    for visitor in filter(is_identified, world.ids("visitor")):
        began = seen.get(visitor, of.start)
        ended = began + of.window if visitor in seen else of.end
        converted = any(began <= time < ended for time in used.get(visitor, ()))
        group = "guide" if visitor in seen else "control"
        values = (visitor, group, seen.get(visitor, 0), converted)
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


class _Experiment(NamedTuple):
    start: int
    end: int
    window: int
    """How long after the guide was seen the use of the feature counts as its effect (ms)."""
    item_id: str


def _experiment(guide: Row) -> _Experiment:
    experiment, conversion = guide.get("experiment"), guide.get("conversion")
    if not isinstance(experiment, dict) or not isinstance(conversion, dict):
        raise Refused("the guide has no experiment")
    times = (experiment.get("startTime"), experiment.get("endTime"), conversion.get("attributionWindow"))
    start, end, window = (time if isinstance(time, int) else 0 for time in times)
    return _Experiment(start, end, window, str(conversion.get("itemId")))


def _first_seen(world: World, guide_id: str) -> dict[str, int]:
    table, found = world.guide_events(), dict[str, int]()
    column = table.column(("guideId",))
    places = np.zeros(0, dtype=np.int64) if column is None else np.flatnonzero(column.compare("==", guide_id))
    for row in world.guide_changes.remembered(table.rows(places)):
        found[row["visitorId"]] = min(row["browserTime"], found.get(row["visitorId"], row["browserTime"]))
    return found


def _times_used(world: World, feature_id: str) -> dict[str, list[int]]:
    activity, pools = world.events()
    items = [place for place, name in enumerate(pools.item_ids[FEATURE]) if name == feature_id]
    chosen, found = np.flatnonzero((activity.kind == FEATURE) & np.isin(activity.item, items)), dict[str, list[int]]()
    for visitor, time in zip(activity.visitor[chosen].tolist(), activity.time[chosen].tolist(), strict=True):
        found.setdefault(pools.visitor_ids[visitor], []).append(time)
    return found
