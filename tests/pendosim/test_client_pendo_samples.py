"""The conversations of Pendo's own samples: survey answers, members of a segment, devices, elements of guides."""

import json

EVERY_APP = {"appId": 'expandAppIds("*")'}
LAST_DAYS = {"period": "dayRange", "first": "now()", "count": -9}


def answers(client, poll):
    """Tell the last answer of each visitor from the single interactions."""
    events = [row for row in client.rows({"source": {"pollEvents": EVERY_APP}}) if row["pollId"] == poll]
    ordered = sorted(events, key=lambda row: (row["browserTime"], row["eventId"]))
    return {row["visitorId"]: row["pollResponse"] for row in ordered if not row["visitorId"].startswith("_PENDO_T_")}


def test_survey_answers_are_read_from_the_polls_a_guide_names(shared):
    guide = next(one for one in shared.get("/api/v1/guide").json() if one["name"] == "NPS survey")
    chosen = {"filter": f"id == `{guide['id']}`"}
    named = {"select": {"rating": "polls[0].id", "comment": "polls[1].id"}}
    (polls,) = shared.rows({"source": {"guides": None}}, chosen, named)
    only = {name: {"guideId": guide["id"], "pollId": poll} for name, poll in polls.items()}
    rated = {"visitorId": "visitorId", "accountId": "accountId", "ratedAt": "time", "rating": "response"}
    said = {"visitorId": "visitorId", "comment": "response"}
    rows = shared.rows(
        {
            "spawn": [
                [{"source": {"pollsSeenEver": only["rating"]}}, {"identified": "visitorId"}, {"select": rated}],
                [{"source": {"pollsSeenEver": only["comment"]}}, {"identified": "visitorId"}, {"select": said}],
            ]
        },
        {"join": {"fields": ["visitorId"], "width": 2}},
        {"sort": ["ratedAt"]},
    )
    ratings, comments = answers(shared, polls["rating"]), answers(shared, polls["comment"])
    assert {row["visitorId"]: row["rating"] for row in rows if "rating" in row} == ratings
    assert {row["visitorId"]: row["comment"] for row in rows if "comment" in row} == comments
    assert len(rows) == len(set(ratings) | set(comments))


def test_members_of_a_segment_are_found_by_way_of_their_accounts(shared):
    segment = next(one for one in shared.get("/api/v1/segment").json() if one["name"] == "Pro plan")
    rows = shared.rows(
        {"source": {"visitors": None}},
        {"identified": "visitorId"},
        {"eval": {"accountId": "metadata.auto.accountids"}},
        {"unwind": {"field": "accountId", "keepEmpty": True}},
        {"bulkExpand": {"account": {"account": "accountId"}}},
        {"segment": {"id": segment["id"]}},
        {"group": {"group": ["visitorId"]}},
    )
    direct = shared.rows({"source": {"visitors": {"identified": True}}}, {"filter": "metadata.custom.plan == `pro`"})
    assert sorted(row["visitorId"] for row in rows) == sorted(row["visitorId"] for row in direct)


def test_active_visitors_of_a_day_and_of_thirty(shared):
    stages = [{"source": {"events": EVERY_APP, "timeSeries": LAST_DAYS}}, {"identified": "visitorId"}]
    (whole,) = shared.rows(*stages, {"reduce": {"n": {"count": "visitorId"}}})
    days = shared.rows(
        *stages, {"group": {"group": ["day"], "fields": [{"n": {"count": "visitorId"}}]}}, {"sort": ["day"]}
    )
    ids = shared.pendo.expected("events", until=1710129600000).ids
    assert whole == {"n": sum(not name.startswith("_PENDO_T_") for name in ids)}
    assert sum(day["n"] for day in days) >= whole["n"] >= max(day["n"] for day in days)


def test_devices_of_the_last_days_with_the_metadata_of_their_visitors(shared):
    rows = shared.rows(
        {"source": {"events": EVERY_APP, "timeSeries": LAST_DAYS}},
        {"identified": "visitorId"},
        {"bulkExpand": {"visitor": {"visitor": "visitorId"}}},
        {"useragent": {"ua": "userAgent"}},
        {"group": {"group": ["ua.name", "ua.os"], "fields": {"n": {"sum": "numEvents"}}}},
    )
    plain = shared.rows(
        {"source": {"events": EVERY_APP, "timeSeries": LAST_DAYS}},
        {"identified": "visitorId"},
        {"reduce": {"n": {"sum": "numEvents"}}},
    )
    assert sum(row["n"] for row in rows) == plain[0]["n"]
    assert {row["ua"]["name"] for row in rows} <= {"Chrome", "Edge", "Safari", "Firefox"}


def test_elements_of_guides_are_read_from_json_inside_a_string(shared):
    rows = shared.rows(
        {"source": {"guideEvents": EVERY_APP}},
        {"filter": "type == `guideActivity`"},
        {"unmarshal": {"actions": "uiElementActions"}},
        {"unwind": {"field": "actions"}},
    )
    events = shared.rows({"source": {"guideEvents": EVERY_APP}}, {"filter": "type == `guideActivity`"})
    actions = [action for row in events for action in json.loads(row["uiElementActions"])]
    assert [row["actions"] for row in rows] == actions
    assert actions


def test_do_not_process_visitors_are_listed_by_their_own_source(shared):
    skipped = {row["visitorId"] for row in shared.rows({"source": {"doNotProcessVisitors": None}})}
    flagged = {
        row["visitorId"]
        for row in shared.rows({"source": {"visitors": None}}, {"filter": "metadata.pendo.donotprocess == true"})
    }
    assert skipped == flagged != set()
