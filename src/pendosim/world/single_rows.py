"""Rows of singleEvents, and a visitor's history: single events one by one."""

from collections.abc import Iterator

from pendosim.tables import Indices
from pendosim.values import Row, from_json, plain_number
from pendosim.world.activity import FEATURE, OTHER, PAGE, TRACK, Activity
from pendosim.world.bucket_rows import Pools
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


def single_rows(activity: Activity, pools: Pools, places: Indices) -> Iterator[Row]:
    for place in places.tolist():
        ip, account, app = int(activity.ip[place]), int(activity.account[place]), int(activity.app[place])
        app_id, server = pools.apps[app]
        where = PLACES[place_of_ip(ip)]
        time = int(activity.time[place])
        yield {
            "visitorId": pools.visitor_ids[int(activity.visitor[place])],
            "accountId": pools.account_ids[account] if account >= 0 else "",
            "appId": app_id,
            "browserTime": time,
            "type": _TYPES[int(activity.kind[place])],
            "url": f"https://{server}/invoices/{place % 500}",
            "elementPath": "BODY",
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
