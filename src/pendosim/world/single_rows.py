"""Rows of singleEvents, and a visitor's history: single events one by one."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from pendosim.periods import Calendar
from pendosim.tables import Indices
from pendosim.values import Row, from_json, plain_number
from pendosim.world.activity import FEATURE, OTHER, PAGE, TRACK, Activity
from pendosim.world.bucket_rows import Pools, bucket_names
from pendosim.world.definitions import Definitions
from pendosim.world.ids import object_id
from pendosim.world.people import place_of
from pendosim.world.words import BROWSERS

_PLACES_AT_ONCE = 20_000
_TYPES = {PAGE: "load", FEATURE: "click", TRACK: "track", OTHER: "click"}
_HISTORY = {
    PAGE: ("page", "pageId"),
    FEATURE: ("feature", "featureId"),
    TRACK: ("trackType", "trackTypeId"),
    OTHER: ("untagged", "untaggedUrl"),
}


def single_rows(
    activity: Activity, pools: Pools, places: Indices, *, definitions: Definitions, calendar: Calendar, unit: str
) -> Iterator[Row]:
    """Make rows that name the starts of their buckets; `unit` is the smallest."""
    twins = twin_numbers(activity, places)
    for place, bucket in _with_buckets(activity, places, calendar, unit):
        ip, account, app = int(activity.ip[place]), int(activity.account[place]), int(activity.app[place])
        app_id, server = pools.apps[app]
        where = place_of(ip, pools.ips[ip])
        time = int(activity.time[place])
        url, element = _where_it_happened(activity, pools, place, definitions)
        yield {
            "visitorId": pools.visitor_ids[int(activity.visitor[place])],
            "accountId": pools.account_ids[account] if account >= 0 else "",
            "appId": app_id,
            "browserTime": time,
            **bucket,
            "type": _TYPES[int(activity.kind[place])],
            "url": url,
            "elementPath": element,
            "eventId": _event_id(activity, pools, place, twins.get(place, 0)),
            "tabId": f"t{int(activity.session[place])}",
            "country": where.country,
            "region": where.region,
            "latitude": plain_number(where.latitude),
            "longitude": plain_number(where.longitude),
            "remoteIp": pools.ips[ip],
            "server": server,
            "userAgent": pools.user_agents[int(activity.browser[place])],
            "properties": from_json(pools.properties[int(activity.properties[place])]),
            "recordingSessionId": "",
        }


def _event_id(activity: Activity, pools: Pools, place: int, twin: int) -> str:
    """Say the same of an event however many others come before it or go."""
    who, app = int(activity.visitor[place]), int(activity.app[place])
    said = pools.properties[int(activity.properties[place])]
    names = [int(column[place]) for column in (activity.time, activity.kind, activity.item, activity.session)]
    return object_id("single", pools.visitor_ids[who], pools.apps[app][0], *names, said, twin)


def twin_numbers(activity: Activity, places: Indices) -> dict[int, int]:
    """Count, from 0, events that are alike at one instant, in their own order; who is alone is left out."""
    ordered = np.sort(places)
    same = np.diff(activity.time[ordered]) == 0
    shared = ordered[np.concatenate(([False], same)) | np.concatenate((same, [False]))] if len(ordered) else ordered
    numbers: dict[int, int] = {}
    seen: Counter[tuple[int, ...]] = Counter()
    columns = (activity.time, activity.visitor, activity.app, activity.kind, activity.item, activity.session)
    both = zip(*(column[shared].tolist() for column in (*columns, activity.properties)), strict=True)
    for place, twin in zip(shared.tolist(), both, strict=True):
        numbers[place] = seen[twin]
        seen[twin] += 1
    return numbers


def _with_buckets(
    activity: Activity, places: Indices, calendar: Calendar, unit: str
) -> Iterator[tuple[int, dict[str, int]]]:
    """Name the buckets of some at a time: many slow readers must not hold lists of millions each."""
    names = bucket_names(unit)
    for begin in range(0, len(places), _PLACES_AT_ONCE):
        some = places[begin : begin + _PLACES_AT_ONCE]
        starts = [calendar.floors(name, activity.time[some]).tolist() for name in names]
        for place, *bucket in zip(some.tolist(), *starts, strict=True):
            yield place, dict(zip(names, bucket, strict=True))


def _where_it_happened(activity: Activity, pools: Pools, place: int, definitions: Definitions) -> tuple[str, str]:
    """URL and element path: those that the rules of a tagged page or feature find."""
    kind, item = int(activity.kind[place]), int(activity.item[place])
    if kind == PAGE:
        pattern = definitions.pages[item]["rules"][0]["designerHint"]
        parameter = from_json(pools.parameters[int(activity.parameter[place])]).get("parameter", "0")
        return f"{pattern.rpartition('/')[0]}/{parameter}", "BODY"
    url = f"https://{pools.apps[int(activity.app[place])][1]}/invoices/{int(activity.time[place]) % 500}"
    if kind == FEATURE:
        return url, f"BODY > {definitions.features[item]['elementPathRules'][0]}"
    return url, "BODY"


def history_rows(activity: Activity, pools: Pools, places: Indices) -> Iterator[Row]:
    """One item for each event, in order of time; guides are not among them."""
    for place in places.tolist():
        kind, time = int(activity.kind[place]), int(activity.time[place])
        name, named = _HISTORY[kind]
        app_id, server = pools.apps[int(activity.app[place])]
        url = f"https://{server}/invoices/{time % 500}"
        row: Row = {"type": name, "ts": time, "lastTs": time, "appId": app_id}
        row[named] = url if kind == OTHER else pools.item_ids[kind][int(activity.item[place])]
        if kind == PAGE:
            row |= {"duration": 1000 + time % 60_000, "uri": url}
        browser = int(activity.browser[place])
        if browser < len(BROWSERS):
            of = BROWSERS[browser]
            row["parsedUserAgent"] = {"name": of.name, "version": of.version, "os": of.system}
        yield row
