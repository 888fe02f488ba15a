"""The conversation of Estuary's connector: probe, lists, windows of a day, two keys, ties inside one moment."""

import json

import pytest

from pendosim import running

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = 1710171000000
BEGIN = NOW // DAY * DAY - 12 * DAY
EVERY_APP = {"appId": 'expandAppIds("*")'}
RESOURCES = {"page": "pages", "feature": "features", "tracktype": "trackTypes", "guide": "guides"}
RESOURCES |= {"report": "reports", "segment": "segments"}


def escaped(text):
    return str(text).replace("\\", "\\\\").replace('"', '\\"')


def window(first, last):
    return {"period": "hourRange", "first": str(first), "last": str(last)}


def cursor_of(row, path):
    for name in path.split("."):
        row = row.get(name) if isinstance(row, dict) else None
    return row


def pages(ask, cursor, key, since, limit):
    """Yield rows after `since`; where a whole page is of one moment, go through that moment by id."""
    while True:
        page = ask([f"{cursor} >= {since}"], limit)
        if len(page) < limit:
            yield from page
            return
        last = cursor_of(page[-1], cursor)
        if cursor_of(page[0], cursor) == last:
            yield from of_one_moment(ask, (cursor, key), last, limit)
            since = last + 1
        else:
            yield from (row for row in page if cursor_of(row, cursor) < last)
            since = last


def of_one_moment(ask, keys, moment, limit):
    cursor, key = keys
    start, seen = "", set()
    while True:
        page = ask([f"{cursor} == {moment}", f'{key} >= "{escaped(start)}"'], limit)
        yield from (row for row in page if cursor_of(row, key) not in seen)
        seen |= {cursor_of(row, key) for row in page}
        if len(page) < limit:
            return
        start = cursor_of(page[-1], key)


def entities(client, source, key, limit):
    def ask(conditions, count):
        nested = {"timeSeries": window(0, NOW), "identified": False}
        stages = [{"source": {source: nested}}, {"filter": " && ".join(conditions)}]
        return client.rows(*stages, {"sort": ["metadata.auto.lastupdated", key]}, {"limit": count})

    return list(pages(ask, "metadata.auto.lastupdated", key, 0, limit))


def test_a_key_is_good_if_a_kind_that_does_not_exist_is_not_refused(shared):
    assert shared.get("/api/v1/metadata/schema/AccountMetadata").status == 200
    assert shared.get("/api/v1/metadata/schema/AccountMetadata", key="bad").status == 403


@pytest.mark.parametrize("name", list(RESOURCES))
def test_lists_are_read_whole_for_all_applications(shared, name):
    objects = shared.get(f"/api/v1/{name}?expand=*").json()
    assert tuple(sorted(one["id"] for one in objects)) == shared.pendo.expected(RESOURCES[name]).ids


def test_both_schemas_are_read(shared):
    for kind in ("account", "visitor"):
        groups = shared.get(f"/api/v1/metadata/schema/{kind}").json()
        assert all("Type" in entry for fields in groups.values() for entry in fields.values())


@pytest.mark.parametrize(("source", "key"), [("visitors", "visitorId"), ("accounts", "accountId")])
def test_entities_are_read_by_their_last_update(shared, source, key):
    rows = entities(shared, source, key, 23)
    never = [row[key] for row in shared.rows({"source": {source: None}}) if "lastupdated" not in cursor_auto(row)]
    assert tuple(sorted([*never, *(row[key] for row in rows)])) == shared.pendo.expected(source).ids


def cursor_auto(row):
    return row["metadata"].get("auto", {})


def test_entities_of_one_moment_are_each_read_once(shared):
    with running(visitors=60, accounts=5, days=2, events_per_day=40, one_timestamp=True, now=NOW) as pendo:
        client = type(shared)(pendo)
        rows = entities(client, "visitors", "visitorId", 7)
        skipped = [row["visitorId"] for row in client.rows({"source": {"doNotProcessVisitors": None}})]
        assert tuple(sorted([*skipped, *(row["visitorId"] for row in rows)])) == pendo.expected("visitors").ids


@pytest.mark.parametrize(
    ("source", "key"), [("pageEvents", "pageId"), ("featureEvents", "featureId"), ("trackEvents", "trackTypeId")]
)
def test_event_rows_are_read_in_windows_of_a_day_up_to_a_horizon(shared, source, key):
    horizon = NOW // HOUR * HOUR - 8 * HOUR
    rows = []
    for start in range(BEGIN, horizon, DAY):
        end = min(start + DAY, horizon)
        stage = {"source": {source: EVERY_APP, "timeSeries": window(start, end - 1)}}

        def ask(conditions, count, stage=stage, end=end):
            inside = [*conditions, f"hour < {end}", f"lastTime <= {end - 1}"]
            stages = [stage, {"filter": " && ".join(inside)}, {"sort": ["lastTime", key]}, {"limit": count}]
            return shared.rows(*stages)

        rows += pages(ask, "lastTime", key, start, 50)
    expected = shared.pendo.expected(source, unit="hour", until=horizon)
    assert len({json.dumps(row, sort_keys=True) for row in rows}) == len(rows) == expected.rows
    assert sum(row["numEvents"] for row in rows) == expected.num_events


@pytest.mark.parametrize(("source", "cursor"), [("guideEvents", "guideTimestamp"), ("pollEvents", "browserTime")])
def test_interactions_are_read_by_their_own_moment(shared, source, cursor):
    stage = {"source": {source: EVERY_APP, "timeSeries": window(BEGIN, NOW)}}

    def ask(conditions, count):
        return shared.rows(stage, {"filter": " && ".join(conditions)}, {"sort": [cursor, "eventId"]}, {"limit": count})

    rows = list(pages(ask, cursor, "eventId", BEGIN, 9))
    assert len({row["eventId"] for row in rows}) == len(rows) == shared.pendo.expected(source).rows


def test_an_id_that_is_not_escaped_is_refused_in_pendos_words(shared):
    answer = shared.aggregate({"source": {"visitors": None}}, {"filter": 'visitorId >= "quote"inside"'})
    assert (answer.status, answer.body) == (400, b"Cannot parse filter expression")
