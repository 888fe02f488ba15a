"""Where rows come from: each source by its name."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

import numpy as np

from pendosim.aggregation.query import Query, Rows, Source
from pendosim.aggregation.raw_sources import agentic_events, recording_metadata, single_events, timespan
from pendosim.aggregation.seen import guides_seen, guides_seen_ever, polls_seen
from pendosim.aggregation.selection import Selection, identified_mask, whole
from pendosim.aggregation.windows import Window
from pendosim.errors import NotBuilt, Refused
from pendosim.tables import Mask, Table
from pendosim.values import Row
from pendosim.world.definitions import author_of, in_apps
from pendosim.world.world import World

Found = TypeVar("Found")

# Pendo has it; what its rows hold is not known.
NOT_BUILT = frozenset(("emailEvents",))


def source_rows(query: Query) -> Rows:
    return SOURCES[query.name](query)


def check_source(query: Query) -> None:
    """Raise Refused for an unknown source or parameters that make no sense, before anything runs."""
    if query.name in NOT_BUILT:
        raise NotBuilt("source", query.name)
    if query.name not in SOURCES:
        raise Refused(f"unknown source {query.name[:60]!r}")
    query.check()
    check = _CHECKS.get(query.name)
    if check is not None:
        check(query)


def _visitors(query: Query) -> Rows:
    rows = _unless_only_excluded(whole(query.world.visitors()), query)
    if query.parameters.get("identified") is True:
        rows = rows.where(_must(identified_mask(rows.table, "visitorId")))
    return _visited(rows, query)


def _visited(rows: Selection, query: Query) -> Selection:
    """Keep those whose last visit lies between startTime and endTime."""
    for name, sign in (("startTime", ">="), ("endTime", "<")):
        bound = query.time(name)
        if bound is not None:
            rows = rows.where(_must(rows.table.column(("metadata", "auto", "lastvisit"))).compare(sign, bound))
    return rows


def _accounts(query: Query) -> Rows:
    return _unless_only_excluded(whole(query.world.accounts()), query)


def _unless_only_excluded(rows: Selection, query: Query) -> Selection:
    """Nobody is excluded here, so there is nobody who is."""
    return rows.cut(0, 0) if query.only_excluded() else rows


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


def app_rows(world: World) -> Iterator[Row]:
    for app in world.apps:
        yield {"id": app.id, "appId": app.id, "name": app.name, "platform": app.platform}


def group_rows(world: World) -> Iterator[Row]:
    tagged = world.definitions.pages + world.definitions.features
    groups: dict[str, Row] = {}
    for item in tagged:
        of = groups.setdefault(item["group"]["id"], item["group"] | _about_group(item) | {"length": 0})
        of["length"] += 1
    return iter(groups.values())


def _about_group(first: Row) -> Row:
    """Make a product area as old as the first thing in it."""
    times = {"createdAt": first["createdAt"], "lastUpdatedAt": first["createdAt"]}
    authors = {"createdByUser": author_of(0), "lastUpdatedByUser": author_of(0)}
    return times | authors | {"type": "", "feedbackProductId": "", "feedbackVisibility": ""}


def _buckets(item_field: str) -> Source:
    def rows(query: Query) -> Rows:
        unit = query.window.unit if query.window else "day"
        found = whole(query.world.buckets(query.name, unit))
        table, apps = found.table, query.event_app_ids()
        if not set(query.environment.app_ids) <= set(apps):
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
        found = found.where(np.isin(_must(table.column(("appId",))).numbers, query.event_app_ids()))
        if query.window is not None:
            found = found.where(_inside(table, "browserTime", query.window))
        for name in ("guideId", "pollId"):
            if query.parameters.get(name) is not None:
                found = found.where(_must(table.column((name,))).compare("==", query.parameters[name]))
        return found

    return rows


_guide_events = _events_at(lambda world: world.guide_events())
_poll_events = _events_at(lambda world: world.poll_events())


def _ever(source: Source) -> Source:
    """Answer for a whole lifetime: a time series is accepted, and means nothing."""
    return lambda query: source(replace(query, window=None))


def _of_one_poll(query: Query) -> None:
    if not query.parameters.get("guideId") or not query.parameters.get("pollId"):
        raise Refused("pollsSeenEver wants guideId and pollId")


def _of_one_kind(query: Query) -> None:
    if query.parameters.get("kind") not in ("visitor", "account"):
        raise Refused("timespan wants kind: visitor or account")


def _guide_memories(query: Query) -> Rows:
    """Forget what was seen before a guide was reset for somebody."""
    return query.world.guide_changes.remembered(_guide_events(query))


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
    "groups": lambda query: group_rows(query.world),
    "apps": lambda query: app_rows(query.world),
    "const": _const,
    "events": _buckets("pageId"),
    "pageEvents": _buckets("pageId"),
    "featureEvents": _buckets("featureId"),
    "trackEvents": _buckets("trackTypeId"),
    "guideEvents": _guide_events,
    "pollEvents": _poll_events,
    "guidesSeen": lambda query: guides_seen(_guide_memories(query)),
    "guidesSeenEver": _ever(lambda query: guides_seen_ever(_guide_memories(query))),
    "pollsSeen": lambda query: polls_seen(_poll_events(query)),
    "pollsSeenEver": _ever(lambda query: polls_seen(_poll_events(query))),
    "singleEvents": single_events,
    "rawEvents": single_events,
    "recordingMetadata": recording_metadata,
    "agenticEvents": agentic_events,
    "timespan": timespan,
}
_CHECKS: dict[str, Callable[[Query], None]] = {"pollsSeenEver": _of_one_poll, "timespan": _of_one_kind}
