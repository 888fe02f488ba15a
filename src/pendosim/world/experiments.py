"""The results of a guide's experiment: who saw the guide, and who then used what it is about."""

import numpy as np

from pendosim.errors import Refused
from pendosim.expressions.functions import is_identified
from pendosim.values import Row
from pendosim.world.activity import FEATURE
from pendosim.world.world import World

COLUMNS = ("visitorId", "group", "firstSeenAt", "converted")


def experiment_rows(world: World, guide: Row) -> list[Row]:
    """One row for each identified visitor. Raises Refused where the guide is no experiment."""
    experiment, conversion = guide.get("experiment"), guide.get("conversion")
    if not experiment or not conversion:
        raise Refused("the guide has no experiment")
    seen, used = _first_seen(world, guide["id"]), _times_used(world, conversion["itemId"])
    rows = []
    for visitor in filter(is_identified, world.people.visitor_ids):
        began = seen.get(visitor, experiment["startTime"])
        ended = began + conversion["attributionWindow"] if visitor in seen else experiment["endTime"]
        converted = any(began <= time < ended for time in used.get(visitor, ()))
        group = "guide" if visitor in seen else "control"
        values = (visitor, group, seen.get(visitor, 0), converted)
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


def _first_seen(world: World, guide_id: str) -> dict[str, int]:
    table, found = world.guide_events(), dict[str, int]()
    column = table.column(("guideId",))
    places = np.zeros(0, dtype=np.int64) if column is None else np.flatnonzero(column.compare("==", guide_id))
    for row in world.guide_changes.remembered(table.rows(places)):
        found[row["visitorId"]] = min(row["browserTime"], found.get(row["visitorId"], row["browserTime"]))
    return found


def _times_used(world: World, feature_id: str) -> dict[str, list[int]]:
    activity, pools = world.events()
    item, found = pools.item_ids[FEATURE].index(feature_id), dict[str, list[int]]()
    chosen = np.flatnonzero((activity.kind == FEATURE) & (activity.item == item))
    for visitor, time in zip(activity.visitor[chosen].tolist(), activity.time[chosen].tolist(), strict=True):
        found.setdefault(pools.visitor_ids[visitor], []).append(time)
    return found
