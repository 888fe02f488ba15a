"""Rows of the timespan source: on which days a visitor or an account was active, all time."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from pendosim.periods import Calendar
from pendosim.values import Row
from pendosim.world.activity import Activity
from pendosim.world.bucket_rows import Pools, combined

Bitmap = Callable[[Iterable[int]], Any]


def timespan_rows(activity: Activity, pools: Pools, calendar: Calendar, kind: str, bitmap: Bitmap) -> Iterator[Row]:
    """One for each visitor, account and application; of kind `account`, for each account and application."""
    of = activity.where(activity.account >= 0) if kind == "account" else activity
    if not len(of):
        return
    parts = [of.account, of.app] if kind == "account" else [of.visitor, of.account, of.app]
    # Events stand in order of time, and a stable sort keeps that within each key.
    order = np.argsort(combined(parts), kind="stable")
    key = combined(parts)[order]
    starts = np.flatnonzero(np.concatenate(([True], np.diff(key) != 0)))
    ends = np.append(starts[1:], len(order))
    time, days = of.time[order], _ordinals(calendar, of)[order]
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        place = int(order[start])
        account = int(of.account[place])
        named: Row = {} if kind == "account" else {"visitorId": pools.visitor_ids[int(of.visitor[place])]}
        yield named | {
            "accountId": pools.account_ids[account] if account >= 0 else "",
            "appId": pools.apps[int(of.app[place])][0],
            "activeDays": bitmap(days[start:end].tolist()),
            "firstTime": int(time[start]),
            "lastTime": int(time[end - 1]),
        }


def _ordinals(calendar: Calendar, activity: Activity) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    starts, place = np.unique(calendar.floors("day", activity.time), return_inverse=True)
    ordinals = np.array([calendar.ordinal("day", start) for start in starts.tolist()], dtype=np.int64)
    return ordinals[place]
