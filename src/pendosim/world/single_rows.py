"""Rows of singleEvents, and a visitor's history: single events one by one."""

from collections.abc import Iterator

from pendosim.periods import Calendar
from pendosim.tables import Indices
from pendosim.values import Row, from_json, plain_number
from pendosim.world.activity import FEATURE, OTHER, PAGE, TRACK, Activity
from pendosim.world.bucket_rows import Pools, bucket_names
from pendosim.world.definitions import Definitions
from pendosim.world.ids import object_id
from pendosim.world.people import place_of_ip
from pendosim.world.words import BROWSERS, PLACES

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
    starts = _bucket_starts(activity, places, calendar, unit)
    for number, place in enumerate(places.tolist()):
        ip, account, app = int(activity.ip[place]), int(activity.account[place]), int(activity.app[place])
        app_id, server = pools.apps[app]
        where = PLACES[place_of_ip(ip)]
        time = int(activity.time[place])
        url, element = _where_it_happened(activity, pools, place, definitions)
        yield {
            "visitorId": pools.visitor_ids[int(activity.visitor[place])],
            "accountId": pools.account_ids[account] if account >= 0 else "",
            "appId": app_id,
            "browserTime": time,
            **{name: of[number] for name, of in starts.items()},
            "type": _TYPES[int(activity.kind[place])],
            "url": url,
            "elementPath": element,
            "eventId": object_id("single", place, time),
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


def _bucket_starts(activity: Activity, places: Indices, calendar: Calendar, unit: str) -> dict[str, list[int]]:
    times = activity.time[places]
    return {name: calendar.floors(name, times).tolist() for name in bucket_names(unit)}


def _where_it_happened(activity: Activity, pools: Pools, place: int, definitions: Definitions) -> tuple[str, str]:
    """URL and element path: those that the rules of a tagged page or feature find."""
    kind, item = int(activity.kind[place]), int(activity.item[place])
    if kind == PAGE:
        pattern = definitions.pages[item]["rules"][0]["designerHint"]
        parameter = from_json(pools.parameters[int(activity.parameter[place])]).get("parameter", "0")
        return f"{pattern.rpartition('/')[0]}/{parameter}", "BODY"
    url = f"https://{pools.apps[int(activity.app[place])][1]}/invoices/{place % 500}"
    if kind == FEATURE:
        return url, f"BODY > {definitions.features[item]['elementPathRules'][0]}"
    return url, "BODY"


def history_rows(activity: Activity, pools: Pools, places: Indices) -> Iterator[Row]:
    """One item for each event, in order of time; guides are not among them."""
    for place in places.tolist():
        kind, time = int(activity.kind[place]), int(activity.time[place])
        name, named = _HISTORY[kind]
        app_id, server = pools.apps[int(activity.app[place])]
        url = f"https://{server}/invoices/{place % 500}"
        row: Row = {"type": name, "ts": time, "lastTs": time, "appId": app_id}
        row[named] = url if kind == OTHER else pools.item_ids[kind][int(activity.item[place])]
        if kind == PAGE:
            row |= {"duration": 1000 + time % 60_000, "uri": url}
        browser = int(activity.browser[place])
        if browser < len(BROWSERS):
            of = BROWSERS[browser]
            row["parsedUserAgent"] = {"name": of.name, "version": of.version, "os": of.system}
        yield row
