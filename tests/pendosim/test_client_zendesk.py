"""The conversation of Pendo's own application for Zendesk: who wrote, what did they do, what did they see."""

from urllib.parse import quote

DAY = 86_400_000
NOW = 1710171000000
# Midnight in New York on the day of NOW, as the application rounds it, and of the two days before.
MIDNIGHTS = [1709960400000, 1710046800000, 1710129600000]


def busiest_with_email(client):
    totals = {}
    for row in client.rows({"source": {"events": {"appId": 'expandAppIds("*")'}}}):
        totals[row["visitorId"]] = totals.get(row["visitorId"], 0) + row["numEvents"]
    known = {
        row["visitorId"]: row["metadata"]["agent"]["email"]
        for row in client.rows({"source": {"visitors": {"identified": True}}})
        if "agent" in row["metadata"]
    }
    visitor = max(known, key=lambda name: totals.get(name, 0))
    return visitor, known[visitor]


def found_by_email(client, email):
    path = f"/api/v1/visitor/metadata/agent/_lc_email/{quote(email.lower(), safe='')}"
    return client.get(path).json()


def test_the_writer_of_a_ticket_is_found_by_e_mail_whatever_its_capitals(shared):
    visitor, email = busiest_with_email(shared)
    (found,) = [one for one in found_by_email(shared, email.upper()) if one["id"] == visitor]
    path = f"/api/v1/visitor/{quote(visitor, safe='')}"
    assert found == shared.get(path).json()
    assert found_by_email(shared, "stranger@example.com") == []


def test_what_the_writer_did_today_is_a_timeline_whose_objects_can_be_named(shared):
    visitor, _ = busiest_with_email(shared)
    path = f"/api/v1/visitor/{quote(visitor, safe='')}/history"
    items = [item for start in MIDNIGHTS for item in shared.get(f"{path}?starttime={start}").json()]
    assert items
    assert all(MIDNIGHTS[0] <= item["ts"] < MIDNIGHTS[-1] + DAY for item in items)
    pages = {item["pageId"] for item in items if item["type"] == "page"}
    names = shared.get(f"/api/v1/page?expand=*&id={','.join(pages)}").json()
    assert {page["id"] for page in names} == pages


def test_guides_the_writer_saw_are_named_by_their_ids(shared):
    source = {"source": {"guideEvents": {"appId": 'expandAppIds("*")'}}}
    (row, *_) = shared.rows(
        source, {"group": {"group": ["visitorId"], "fields": {"n": {"count": None}}}}, {"sort": ["-n"]}
    )
    only = {"filter": {"field": "visitorId", "operator": "==", "value": row["visitorId"]}}
    seen = {event["guideId"] for event in shared.rows(source, only)}
    guides = shared.get(f"/api/v1/guide?id={','.join(sorted(seen))}&expand=*").json()
    assert {guide["id"] for guide in guides} == seen


def test_segments_are_listed_with_a_parameter_that_changes_nothing(shared):
    assert shared.get("/api/v1/segment?expand=*").json() == shared.get("/api/v1/segment").json()


def test_a_visitor_is_chosen_by_a_filter_in_object_form_however_odd_the_id(shared):
    for visitor in shared.pendo.expected("visitors").ids[:40]:
        only = {"filter": {"field": "visitorId", "operator": "==", "value": visitor}}
        assert [row["visitorId"] for row in shared.rows({"source": {"visitors": None}}, only)] == [visitor]


def test_time_spent_in_thirty_days_is_summed_by_a_list_of_reductions(shared):
    visitor, _ = busiest_with_email(shared)
    window = {"period": "dayRange", "first": 'dateAdd(now(), -29, "days")', "last": "now()"}
    rows = shared.rows(
        {"source": {"events": {"appId": 'expandAppIds("*")'}, "timeSeries": window}},
        {"filter": {"field": "visitorId", "operator": "==", "value": visitor}},
        {"reduce": [{"events": {"sum": "numEvents"}}, {"days": {"count": "day"}}]},
    )
    every = shared.rows({"source": {"singleEvents": {"appId": 'expandAppIds("*")'}}})
    assert rows[0]["events"] == sum(row["visitorId"] == visitor for row in every)
    assert rows[0]["days"] >= 1
