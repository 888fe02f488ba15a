"""Rows of the event sources: their fields, their sums, their windows."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pendosim import Options, SettableClock
from pendosim.aggregation.pipeline import pipeline_of
from pendosim.expected import expected_of
from pendosim.world.world import World

NOW = 1710171000000
DAY = 86_400_000
BUCKETED = ("events", "pageEvents", "featureEvents", "trackEvents")
ALL = {"appId": 'expandAppIds("*")'}
FIELDS = {
    "accountId",
    "appId",
    "server",
    "week",
    "month",
    "quarter",
    "firstTime",
    "lastTime",
    "numEvents",
    "numMinutes",
}
FIELDS |= {
    "remoteIp",
    "country",
    "region",
    "latitude",
    "longitude",
    "userAgent",
    "visitorId",
    "analyticsSessionId",
}
FIELDS |= {"tabId", "properties"}


@pytest.mark.parametrize("source", BUCKETED)
def test_a_row_has_the_fields_of_its_source(shared, series, source):
    rows = shared.rows(series(source, "dayRange", "now()", count=-5))
    names = set().union(*rows)
    item = {"featureEvents": "featureId", "trackEvents": "trackTypeId"}.get(source, "pageId")
    assert all(FIELDS | {"day", item} <= set(row) for row in rows)
    assert ("parameters" in names) == (source == "pageEvents")
    assert ("rageClickCount" in names) == (source != "trackEvents")
    assert {"recordingId", "recordingSessionId", "lastKeyFrameTimestamp", "signatureAgent"} <= names


def test_day_rows_have_a_day_and_hour_rows_an_hour(shared, series):
    (by_day,) = shared.rows(series("events", "dayRange", "now()", count=-1), {"limit": 1})
    (by_hour,) = shared.rows(series("events", "hourRange", "now()", count=-30), {"limit": 1})
    assert {"day", "hour"} & set(by_day) == {"day"}
    assert {"day", "hour"} & set(by_hour) == {"hour"}


def test_rows_of_events_are_of_all_events(shared, series):
    rows = shared.rows(series("events", "dayRange", "now()", count=-2))
    assert {row["pageId"] for row in rows} == {"allevents"}


def test_a_row_lies_in_its_bucket(shared, series):
    for row in shared.rows(series("pageEvents", "dayRange", "now()", count=-5)):
        assert row["day"] <= row["firstTime"] <= row["lastTime"] < row["day"] + 25 * DAY // 24
        assert max(row["month"], row["week"]) <= row["day"]
        assert 1 <= row["numMinutes"] <= row["numEvents"]


def test_the_first_and_last_minutes_of_a_row_count_once(shared, series):
    rows = shared.rows(series("events", "dayRange", "now()", count=-9), {"filter": "numEvents > 1"})
    assert rows
    for row in rows:
        if row["firstTime"] // 60_000 == row["lastTime"] // 60_000:
            assert row["numMinutes"] == 1


@pytest.mark.parametrize("source", BUCKETED)
def test_the_sum_of_events_does_not_depend_on_the_bucket(shared, series, source):
    start, last = "date(2024,3,4)", "date(2024,3,10,23)"
    sums = {
        period: sum(row["numEvents"] for row in shared.rows(series(source, period, start, last=last)))
        for period in ("hourRange", "dayRange", "weekRange")
    }
    assert sums["hourRange"] == sums["dayRange"] > 0
    assert sums["weekRange"] >= sums["dayRange"]


@pytest.mark.parametrize("source", [*BUCKETED, "guideEvents", "pollEvents"])
@pytest.mark.parametrize("unit", ["hour", "day"])
def test_what_is_answered_is_what_is_expected(shared, series, source, unit):
    start, end = 1709614800000, 1710046800000
    rows = shared.rows(series(source, f"{unit}Range", start, last=end - 1))
    expected = shared.pendo.expected(source, since=start, until=end, unit=unit)
    assert len(rows) == expected.rows > 0
    assert sum(row.get("numEvents", 1) for row in rows) == expected.num_events
    assert tuple(sorted({row["visitorId"] for row in rows})) == expected.ids


def test_no_two_rows_are_the_same(shared, series):
    rows = shared.rows(series("pageEvents", "hourRange", "now()", count=-200))
    assert len({json.dumps(row, sort_keys=True) for row in rows}) == len(rows)


def test_only_the_default_application_is_seen_unless_all_are_asked_for(shared, series):
    window = ("dayRange", "now()")
    default = shared.rows(series("events", *window, apps={}, count=-5))
    everything = shared.rows(series("events", *window, count=-5))
    other = shared.pendo.world.apps[1].id
    chosen = shared.rows(series("events", *window, apps={"appId": [other]}, count=-5))
    assert {row["appId"] for row in default} == {-323232}
    assert {row["appId"] for row in chosen} == {other}
    assert len({row["appId"] for row in everything}) == 3
    assert (
        len(default) == shared.pendo.expected("events", since=1709701200000, until=1710129600000, apps=[-323232]).rows
    )


def test_one_object_can_be_asked_for(shared, series):
    page = shared.pendo.world.definitions.pages[0]["id"]
    rows = shared.rows(series("pageEvents", "dayRange", "now()", apps=ALL | {"pageId": page}, count=-9))
    assert {row["pageId"] for row in rows} == {page}


def test_data_stops_at_now_and_holds_thirty_full_days():
    world = World(Options(visitors=50, days=30, events_per_day=50), SettableClock(NOW))
    time = world.activity.time
    assert time.max() <= NOW
    assert world.calendar.floor("day", int(time.min())) <= NOW - 30 * DAY


def test_a_world_with_one_timestamp_has_only_one():
    world = World(Options(visitors=50, days=3, events_per_day=100, one_timestamp=True), SettableClock(NOW))
    for source in BUCKETED:
        table = world.buckets(source, "hour")
        assert len(table) > 5
        assert len({(table.row(place)["firstTime"], table.row(place)["lastTime"]) for place in range(len(table))}) == 1


def test_an_iterative_period_gives_one_answer_for_each_bucket(shared, series):
    daily = shared.aggregate(series("events", "daily", "now()", count=-3), {"count": None}).json()
    ranged = shared.rows(series("events", "dayRange", "now()", count=-3), {"count": None})
    assert [part["startTime"] for part in daily] == [1709874000000, 1709960400000, 1710046800000]
    assert sum(part["results"][0]["count"] for part in daily) == ranged[0]["count"]


WORLD = World(
    Options(visitors=60, accounts=6, days=12, events_per_day=80, timezone="Europe/Berlin"), SettableClock(NOW)
)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from(BUCKETED))
def test_two_windows_side_by_side_are_the_whole_window(first, second, source):
    def total(start, count):
        series = {"period": "dayRange", "first": start, "count": count}
        stages = [{"source": {source: ALL, "timeSeries": series}}, {"reduce": {"n": {"sum": "numEvents"}}}]
        return next(iter(pipeline_of(stages, WORLD, WORLD.environment()).rows()))["n"]

    calendar = WORLD.calendar
    start = calendar.add("day", calendar.floor("day", NOW), -13)
    middle = calendar.add("day", start, first)
    assert total(start, first) + total(middle, second) == total(start, first + second)


def test_expected_names_an_unknown_resource():
    with pytest.raises(ValueError, match="planets"):
        expected_of(WORLD, "planets")
