"""Rows of recordingMetadata: one for each recorded session, under the ids that event rows name."""

from collections.abc import Iterator

import numpy as np

from pendosim.values import Row
from pendosim.world.activity import Activity
from pendosim.world.bucket_rows import Pools, is_recorded, recording_names

_BROKEN_EVERY = 17
_BYTES_PER_EVENT = 41_000
_MUTATIONS_PER_EVENT = 230


def recording_rows(activity: Activity, pools: Pools) -> Iterator[Row]:
    """Leave out what a server sends by track: it has no session, so it is not recorded."""
    places = np.flatnonzero(is_recorded(activity.session))
    sessions, first, count = np.unique(activity.session[places], return_index=True, return_counts=True)
    last = len(places) - 1 - np.unique(activity.session[places][::-1], return_index=True)[1]
    shuffle = np.random.default_rng(len(sessions)).permutation(len(sessions)).tolist()
    for number in shuffle:
        begin, end = int(places[first[number]]), int(places[last[number]])
        yield _row(activity, pools, begin, end, int(count[number]))


def _row(activity: Activity, pools: Pools, begin: int, end: int, events: int) -> Row:
    """`begin` and `end` are the places of the first and the last event of one session."""
    session, account = int(activity.session[begin]), int(activity.account[begin])
    start, stop = int(activity.time[begin]), int(activity.time[end])
    recording, of_session = recording_names(session)
    return {
        "visitorId": pools.visitor_ids[int(activity.visitor[begin])],
        "accountId": pools.account_ids[account] if account >= 0 else "",
        "appId": pools.apps[int(activity.app[begin])][0],
        "tabId": f"t{session}",
        "recordingId": recording,
        "recordingSessionId": of_session,
        "startTime": start,
        "endTime": stop,
        "minBrowserTime": start,
        "maxBrowserTime": stop,
        "recordingSize": events * _BYTES_PER_EVENT + start % _BYTES_PER_EVENT,
        "recordingRrwebEventCount": events * _MUTATIONS_PER_EVENT + start % _MUTATIONS_PER_EVENT,
        "isBroken": session // 10 % _BROKEN_EVERY == _BROKEN_EVERY - 1,
        "isSessionStart": True,
    }
