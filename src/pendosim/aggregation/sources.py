"""Where rows come from: each source by its name."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from pendosim.aggregation.seen import guides_seen, polls_seen
from pendosim.aggregation.selection import Selection, identified_mask, whole
from pendosim.aggregation.windows import Window
from pendosim.errors import NotBuilt, Refused
from pendosim.expressions.evaluate import constant, is_constant, tree_of
from pendosim.expressions.functions import Environment
from pendosim.tables import Mask, Table
from pendosim.values import Row
from pendosim.world.definitions import in_apps
from pendosim.world.ids import DEFAULT_APP_ID
from pendosim.world.single_rows import single_rows
from pendosim.world.world import World

Rows = Selection | Iterator[Row]
Found = TypeVar("Found")

# Sources Pendo has and this simulator does not yet.
NOT_BUILT = frozenset(("rawEvents", "timespan", "emailEvents", "recordingMetadata", "agenticEvents"))


_APP_ID_MAX = 2**63


@dataclass(frozen=True)
class Query:
    """What one source was asked for."""

    world: World
    environment: Environment
    name: str
    parameters: dict[str, Any]
    window: Window | None

    def app_ids(self) -> tuple[int, ...]:
        """Name the applications asked for; the default one unless told otherwise."""
        given = self.parameters.get("appId")
        if isinstance(given, str):
            tree = tree_of(given)
            given = constant(tree, self.environment) if is_constant(tree) else None
        if given is None and "appId" not in self.parameters:
            return (DEFAULT_APP_ID,)
        found = given if isinstance(given, list) else [given]
        if not all(isinstance(app, int) and not isinstance(app, bool) and abs(app) < _APP_ID_MAX for app in found):
            raise Refused('appId is a number, a list of numbers or expandAppIds("*")')
        return tuple(found)

    def check(self) -> None:
        """Raise Refused for an unknown source or application list, before anything runs."""
        if self.name in NOT_BUILT:
            raise NotBuilt("source", self.name)
        if self.name not in SOURCES:
            raise Refused(f"unknown source {self.name[:60]!r}")
        self.app_ids()
        for name in ("pageId", "featureId", "trackTypeId", "guideId", "pollId"):
            if not isinstance(self.parameters.get(name), str | None):
                raise Refused(f"{name} is a string")


Source = Callable[[Query], Rows]


def source_rows(query: Query) -> Rows:
    return SOURCES[query.name](query)


def _visitors(query: Query) -> Rows:
    rows = whole(query.world.visitors())
    if query.parameters.get("identified") is True:
        return rows.where(_must(identified_mask(rows.table, "visitorId")))
    return rows


def _accounts(query: Query) -> Rows:
    return whole(query.world.accounts())


def _do_not_process_visitors(query: Query) -> Rows:
    return iter([{"visitorId": name} for name in query.world.never_processed("visitor")])


def _do_not_process_accounts(query: Query) -> Rows:
    return iter([{"accountId": name} for name in query.world.never_processed("account")])


def _objects(listed: Callable[[World], Iterable[Row]]) -> Source:
    return lambda query: map(dict, in_apps(list(listed(query.world)), query.app_ids()))


def _const(query: Query) -> Rows:
    rows = query.parameters.get("rows", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refused("const is a list of objects")
    return iter([dict(row) for row in rows])


def _apps(query: Query) -> Rows:
    apps = query.world.apps
    return iter([{"id": app.id, "appId": app.id, "name": app.name, "platform": app.platform} for app in apps])


def _groups(query: Query) -> Rows:
    tagged = query.world.definitions.pages + query.world.definitions.features
    groups = {row["group"]["id"]: row["group"] | {"length": 0, "type": ""} for row in tagged}
    return map(dict, groups.values())


def _buckets(item_field: str) -> Source:
    def rows(query: Query) -> Rows:
        unit = query.window.unit if query.window else "day"
        found = whole(query.world.buckets(query.name, unit))
        table, apps = found.table, query.app_ids()
        if set(apps) < set(query.environment.app_ids):
            found = found.where(np.isin(_must(table.column(("appId",))).numbers, apps))
        if query.window is not None:
            found = found.where(_inside(table, unit, query.window))
        wanted = query.parameters.get(item_field)
        if wanted is not None and query.name != "events":
            found = found.where(_must(table.column((item_field,))).compare("==", wanted))
        return found

    return rows


def _events_at(table_of: Callable[[World], Table]) -> Source:
    """Single interactions, placed in time by browserTime."""

    def rows(query: Query) -> Rows:
        found = whole(table_of(query.world))
        table = found.table
        found = found.where(np.isin(_must(table.column(("appId",))).numbers, query.app_ids()))
        if query.window is not None:
            found = found.where(_inside(table, "browserTime", query.window))
        for name in ("guideId", "pollId"):
            if query.parameters.get(name) is not None:
                found = found.where(_must(table.column((name,))).compare("==", query.parameters[name]))
        return found

    return rows


_guide_events = _events_at(lambda world: world.guide_events())
_poll_events = _events_at(lambda world: world.poll_events())


def _single_events(query: Query) -> Rows:
    activity, pools = query.world.events()
    apps = [place for place, (app, _) in enumerate(pools.apps) if app in query.app_ids()]
    chosen = np.isin(activity.app, apps)
    if query.window is not None:
        chosen &= (activity.time >= query.window.start) & (activity.time < query.window.end)
    places = np.flatnonzero(chosen)
    return single_rows(activity, pools, np.random.default_rng(len(places)).permutation(places))


def _inside(table: Table, name: str, window: Window) -> Mask:
    times = _must(table.column((name,))).numbers
    inside: Mask = (times >= window.start) & (times < window.end)
    return inside


def _must(value: Found | None) -> Found:
    assert value is not None, "the simulator's own tables have these columns"
    return value


SOURCES: dict[str, Source] = {
    "visitors": _visitors,
    "accounts": _accounts,
    "doNotProcessVisitors": _do_not_process_visitors,
    "pages": _objects(lambda world: world.definitions.pages),
    "features": _objects(lambda world: world.definitions.features),
    "trackTypes": _objects(lambda world: world.definitions.track_types),
    "guides": _objects(lambda world: world.guides),
    "doNotProcessAccounts": _do_not_process_accounts,
    "groups": _groups,
    "apps": _apps,
    "const": _const,
    "events": _buckets("pageId"),
    "pageEvents": _buckets("pageId"),
    "featureEvents": _buckets("featureId"),
    "trackEvents": _buckets("trackTypeId"),
    "guideEvents": _guide_events,
    "pollEvents": _poll_events,
    "guidesSeen": lambda query: guides_seen(_guide_events(query)),
    "guidesSeenEver": lambda query: guides_seen(_guide_events(query)),
    "pollsSeen": lambda query: polls_seen(_poll_events(query)),
    "pollsSeenEver": lambda query: polls_seen(_poll_events(query)),
    "singleEvents": _single_events,
}
