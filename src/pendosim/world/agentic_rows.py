"""Rows of agenticEvents: what visitors asked the assistants inside the applications, and what those said."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pendosim.values import Row
from pendosim.world.activity import OTHER, Activity
from pendosim.world.bucket_rows import Pools
from pendosim.world.ids import object_id

AGENTS_PER_APP = 2
# Which of so many events are a question, and which the answer.
_ONE_IN = 40
_CHOSEN = (0, 1)
_CONTENTS = (
    "How do I export my invoices?",
    "Open the list of orders and choose Export.",
    'Why is "Save" grey?',
    "Someone else is editing this page.",
    "チームを招待するには?",
)


class AgenticEvent(NamedTuple):
    """What an event is found by, and its row, which names neither."""

    app_id: int
    agent_id: str
    row: Row


def agent_ids(seed: int, app_id: int) -> tuple[str, ...]:
    return tuple(object_id("Agent", seed, app_id, number) for number in range(AGENTS_PER_APP))


def agentic_events(activity: Activity, pools: Pools, seed: int) -> Iterator[AgenticEvent]:
    """From a sample of the events that match nothing tagged."""
    places = np.flatnonzero(activity.kind == OTHER)
    chosen = places[np.isin(places % _ONE_IN, _CHOSEN)]
    for place in np.random.default_rng(len(chosen)).permutation(chosen).tolist():
        time, account = int(activity.time[place]), int(activity.account[place])
        app_id = pools.apps[int(activity.app[place])][0]
        row = {
            "visitorId": pools.visitor_ids[int(activity.visitor[place])],
            "accountId": pools.account_ids[account] if account >= 0 else "",
            "eventId": object_id("agentic", place, time),
            "content": _CONTENTS[place % len(_CONTENTS)],
            "browserTime": time,
        }
        yield AgenticEvent(app_id, agent_ids(seed, app_id)[place % AGENTS_PER_APP], row)
