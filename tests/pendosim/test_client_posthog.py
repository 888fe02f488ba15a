"""The conversation of PostHog's source: a probe, bare arrays, pages by skip and limit."""

import json

import pytest

LIMIT = 5000
EVERY_APP = {"appId": 'expandAppIds("*")'}
WINDOW = {"period": "dayRange", "first": "now()", "count": -30}


def skipped_through(client, stages, limit):
    rows = []
    while True:
        page = client.rows(*stages, {"skip": len(rows)}, {"limit": limit})
        rows += page
        if len(page) < limit:
            return rows


def test_a_key_is_good_if_pages_can_be_listed(shared):
    assert shared.get("/api/v1/page").status == 200
    assert shared.get("/api/v1/page", key="bad").status == 403


@pytest.mark.parametrize(("name", "resource"), [("page", "pages"), ("feature", "features"), ("guide", "guides")])
def test_objects_come_as_bare_arrays(shared, name, resource):
    objects = shared.get(f"/api/v1/{name}?expand=*").json()
    assert tuple(sorted(one["id"] for one in objects)) == shared.pendo.expected(resource).ids


@pytest.mark.parametrize("limit", [LIMIT, 37])
@pytest.mark.parametrize(("source", "key"), [("visitors", "visitorId"), ("accounts", "accountId")])
def test_entities_are_read_by_skipping(shared, source, key, limit):
    rows = skipped_through(shared, [{"source": {source: None}}, {"sort": [key]}], limit)
    assert tuple(row[key] for row in rows) == shared.pendo.expected(source).ids


@pytest.mark.parametrize("limit", [LIMIT, 200])
@pytest.mark.parametrize("source", ["events", "pageEvents", "featureEvents", "trackEvents"])
def test_event_rows_are_read_by_skipping(shared, source, limit):
    stages = [{"source": {source: EVERY_APP, "timeSeries": WINDOW}}, {"sort": ["day", "visitorId"]}]
    rows = skipped_through(shared, stages, limit)
    today = max(day["day"] for day in shared.rows({"source": {"events": None}}, {"sort": ["-day"]}, {"limit": 1}))
    expected = shared.pendo.expected(source, until=today)
    assert len({json.dumps(row, sort_keys=True) for row in rows}) == len(rows) == expected.rows
    assert sum(row["numEvents"] for row in rows) == expected.num_events


def test_a_throttled_page_is_asked_for_again(own):
    own.pendo.faults.add("rate_limited", path="/api/v1/aggregation", times=1)
    stages = ({"source": {"visitors": None}}, {"sort": ["visitorId"]}, {"skip": 0}, {"limit": LIMIT})
    assert own.aggregate(*stages).status == 429
    assert tuple(row["visitorId"] for row in own.rows(*stages)) == own.pendo.expected("visitors").ids
