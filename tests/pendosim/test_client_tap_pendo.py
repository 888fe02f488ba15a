"""The conversation of tap-pendo: probe, keyset pages, one query for each object, a walk through histories."""

from collections import Counter
from urllib.parse import quote

import pytest

DAY = 86_400_000
NOW = 1710171000000
EVERYTHING = {"appId": 'expandAppIds("*")', "blacklist": "apply"}
SINCE = NOW - 20 * DAY
OBJECTS = {"pageEvents": "pages", "featureEvents": "features", "trackEvents": "trackTypes"}


def escaped(text):
    return text.replace("\\", "\\\\").replace('"', '\\"')


def keyset(client, source, key, limit):
    """Read page after page of an entity source."""
    last, pages = "", []
    while not pages or len(pages[-1]) == limit:
        condition = f'{key} > "{escaped(last)}"'
        pages.append(client.rows({"source": source}, {"sort": [key]}, {"filter": condition}, {"limit": limit}))
        last = pages[-1][-1][key] if pages[-1] else last
    return [row for page in pages for row in page]


def by_time(client, source, key, limit):
    """Read events as the tap does: the last moment of a full page is thrown away and read again."""
    series = {"period": "dayRange", "first": SINCE, "last": "now()"}
    rows, last = [], 0
    while True:
        stages = [{"source": source, "timeSeries": series}, {"sort": [key]}, {"filter": f"{key} >= {last}"}]
        page = client.rows(*stages, {"limit": limit})
        if len(page) < limit:
            return rows + page
        assert page[0][key] < page[-1][key], "a page of one moment would be a loop without an end"
        last = page[-1][key]
        rows += [row for row in page if row[key] < last]


def test_the_catalogue_is_discovered_from_both_schemas(shared):
    for kind in ("visitor", "account"):
        schema = shared.get(f"/api/v1/metadata/schema/{kind}").json()
        assert {"auto", "agent", "custom"} <= set(schema)


def test_visitors_are_counted_and_then_read_in_keyset_pages(shared):
    source = {"visitors": {"identified": True}}
    (probe,) = shared.rows({"source": source}, {"sort": ["visitorId"]}, {"count": None})
    ids = [row["visitorId"] for row in keyset(shared, source, "visitorId", 40)]
    assert tuple(ids) == shared.pendo.expected("visitors", identified=True).ids
    assert probe == {"count": len(ids)}


def test_accounts_are_read_in_keyset_pages(shared):
    ids = [row["accountId"] for row in keyset(shared, {"accounts": None}, "accountId", 7)]
    assert tuple(ids) == shared.pendo.expected("accounts").ids


@pytest.mark.parametrize("source", ["pages", "features", "trackTypes", "guides"])
def test_objects_are_read_whole_in_the_order_of_their_last_change(shared, source):
    rows = shared.rows({"source": {source: EVERYTHING}}, {"sort": ["lastUpdatedAt"]}, {"limit": 100_000})
    assert tuple(sorted(row["id"] for row in rows)) == shared.pendo.expected(source).ids
    assert [row["lastUpdatedAt"] for row in rows] == sorted(row["lastUpdatedAt"] for row in rows)


@pytest.mark.parametrize("source", list(OBJECTS))
def test_events_of_every_object_add_up_to_all_events(shared, source):
    field = {"pageEvents": "pageId", "featureEvents": "featureId", "trackEvents": "trackTypeId"}[source]
    rows = []
    for name in shared.pendo.expected(OBJECTS[source]).ids:
        found = by_time(shared, {source: {**EVERYTHING, field: name}}, "day", 100)
        assert {row[field] for row in found} <= {name}
        rows += found
    expected = shared.pendo.expected(source)
    assert (len(rows), sum(row["numEvents"] for row in rows)) == (expected.rows, expected.num_events)


@pytest.mark.parametrize(("source", "field"), [("guideEvents", "guideId"), ("pollEvents", "pollId")])
def test_interactions_of_every_guide_and_poll_add_up(shared, source, field):
    guides = shared.get("/api/v1/guide?expand=*").json()
    polls = [(guide["id"], poll["id"]) for guide in guides for poll in guide["polls"]]
    chosen = [(guide["id"], None) for guide in guides] if field == "guideId" else polls
    rows = []
    for guide, poll in chosen:
        only = {"guideId": guide} | ({"pollId": poll} if poll else {})
        rows += by_time(shared, {source: EVERYTHING | only}, "browserTime", 25)
    assert len({row["eventId"] for row in rows}) == len(rows) == shared.pendo.expected(source).rows


def test_events_are_read_in_pages_by_day(shared):
    rows = by_time(shared, {"events": EVERYTHING}, "day", 600)
    expected = shared.pendo.expected("events")
    assert (len(rows), sum(row["numEvents"] for row in rows)) == (expected.rows, expected.num_events)


def test_histories_of_visitors_are_walked_day_by_day(shared):
    series = {"period": "dayRange", "first": SINCE, "last": "now()"}
    single = Counter(
        row["visitorId"] for row in shared.rows({"source": {"singleEvents": EVERYTHING}, "timeSeries": series})
    )
    for visitor in [name for name, _ in single.most_common(4)]:
        path = f"/api/v1/visitor/{quote(visitor, safe='')}/history"
        days = range(SINCE, NOW + DAY, DAY)
        items = [item for day in days for item in shared.get(f"{path}?starttime={day}").json()]
        assert len(items) == single[visitor]
        assert [item["ts"] for item in items] == sorted(item["ts"] for item in items)
