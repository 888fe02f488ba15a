"""Pipelines that clients and Pendo's own samples send."""

from urllib.parse import quote

NOW = 1710171000000
DAY = 86_400_000


def test_application_ids_are_found_from_single_events(shared, series):
    stages = [
        series("singleEvents", "dayRange", "now()", count=-7),
        {"group": {"group": ["appId"]}},
        {"select": {"appId": "appId"}},
    ]
    assert {row["appId"] for row in shared.rows(*stages)} == {app.id for app in shared.pendo.world.apps}


def test_single_events_are_as_many_as_events_count(shared, series):
    window = ("dayRange", "now()")
    (single,) = shared.rows(series("singleEvents", *window, count=-3), {"count": None})
    (summed,) = shared.rows(series("events", *window, count=-3), {"reduce": {"n": {"sum": "numEvents"}}})
    assert single["count"] == summed["n"]


def test_active_visitors_of_a_month(shared, series):
    stages = [
        series("events", "dayRange", "now() - 30*1000*60*60*24", count=30),
        {"reduce": {"n": {"count": "visitorId"}}},
    ]
    expected = shared.pendo.expected("events", until=1710129600000)
    assert shared.rows(*stages) == [{"n": len(expected.ids)}]


def test_nps_answers_are_joined_from_two_polls(shared):
    guide = next(guide for guide in shared.get("/api/v1/guide").json() if guide["name"] == "NPS survey")
    (polls,) = shared.rows(
        {"source": {"guides": None}},
        {"filter": f"id == `{guide['id']}`"},
        {"select": {"rating": "polls[0].id", "comment": "polls[1].id"}},
    )
    every = shared.pendo.world.definitions.app_ids()[0]
    source = {name: {"guideId": guide["id"], "pollId": polls[name], "appId": every} for name in polls}
    rated = [
        {"source": {"pollsSeenEver": source["rating"]}},
        {"select": {"visitorId": "visitorId", "rating": "response"}},
    ]
    said = [
        {"source": {"pollsSeenEver": source["comment"]}},
        {"select": {"visitorId": "visitorId", "comment": "pollResponse"}},
    ]
    rows = shared.rows({"spawn": [rated, said]}, {"join": {"fields": ["visitorId"], "width": 2}}, {"sort": ["rating"]})
    assert rows
    assert len({row["visitorId"] for row in rows}) == len(rows)
    assert all(0 <= row["rating"] <= 10 for row in rows if "rating" in row)


def test_guides_seen_counts_what_guide_events_hold(shared, series):
    seen = shared.rows(series("guidesSeen", "dayRange", "now()", count=-9))
    events = shared.rows(series("guideEvents", "dayRange", "now()", count=-9))
    assert sum(row["seenCount"] for row in seen) == len(events)
    assert all(row["firstSeenAt"] <= row["lastSeenAt"] for row in seen)


def test_top_pages_with_their_names(shared, series):
    rows = shared.rows(
        series("pageEvents", "dayRange", "now()", count=-9),
        {"group": {"group": ["pageId"], "fields": [{"n": {"sum": "numEvents"}}]}},
        {"sort": ["-n"]},
        {"limit": 5},
        {"expand": {"page": {"page": "pageId"}}},
        {"select": {"name": "page.name", "n": "n"}},
    )
    assert [row["n"] for row in rows] == sorted((row["n"] for row in rows), reverse=True)
    assert all(row["name"] for row in rows)


def test_members_of_a_segment(shared):
    segment = next(one for one in shared.get("/api/v1/segment").json() if one["name"] == "Pro plan")
    rows = shared.rows({"source": {"visitors": None}}, {"segment": {"id": segment["id"]}})
    assert rows
    assert all(row["metadata"]["custom"]["plan"] == "pro" for row in rows)
    assert shared.aggregate({"source": {"visitors": None}}, {"segment": {"id": "nope"}}).status == 400


def test_browsers_are_read_from_user_agents(shared):
    rows = shared.rows(
        {"source": {"visitors": None}},
        {"filter": "!isNull(metadata.auto.lastuseragent)"},
        {"useragent": {"ua": "metadata.auto.lastuseragent"}},
    )
    for row in rows:
        auto, agent = row["metadata"]["auto"], row["ua"]
        assert (agent["name"], agent["os"]) == (auto["lastbrowsername"], auto["lastoperatingsystem"])
        assert agent["deviceType"] == "desktop"


def test_a_visitors_history_is_that_of_one_day(shared):
    row = shared.rows({"source": {"events": None}}, {"sort": ["-numEvents"]}, {"limit": 1})[0]
    path = f"/api/v1/visitor/{quote(row['visitorId'], safe='')}/history"
    items = shared.get(f"{path}?starttime={row['day']}").json()
    assert len(items) >= row["numEvents"]
    assert all(row["day"] <= item["ts"] < row["day"] + DAY for item in items)
    assert {item["type"] for item in items} <= {"page", "feature", "trackType", "untagged"}
    assert shared.get(path).status == 422
    assert shared.get(f"{path}?starttime=x").status == 422
    assert shared.get(f"{path}?starttime={NOW - 200 * DAY}").json() == []
    assert shared.get(f"/api/v1/visitor/nobody/history?starttime={NOW}").status == 404


def test_visitors_are_found_by_lower_cased_metadata(shared):
    visitor = next(row for row in shared.rows({"source": {"visitors": None}}) if "agent" in row["metadata"])
    email = visitor["metadata"]["agent"]["email"]
    found = shared.get(f"/api/v1/visitor/metadata/agent/_lc_email/{quote(email.lower(), safe='')}").json()
    assert visitor["visitorId"] in [one["id"] for one in found]
    assert shared.get("/api/v1/visitor/metadata/agent/_lc_email/nobody").json() == []
