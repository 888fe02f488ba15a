"""Buckets of time in a time zone."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pendosim.aggregation.windows import window_of
from pendosim.errors import Refused
from pendosim.expressions.functions import Environment
from pendosim.periods import UNITS, Calendar

NOW = 1710171000000
NEW_YORK = Environment(NOW, Calendar("America/New_York"), (-323232,))
HOUR = 3_600_000

VECTORS = [
    ("dayRange", "now()", {"count": -1}, 1710046800000, 1710129600000),
    ("dayRange", "now()", {"count": -7}, 1709528400000, 1710129600000),
    ("dayRange", "now()", {"count": 1}, 1710129600000, 1710216000000),
    ("dayRange", 'dateAdd(now(),-3,"days")', {"count": 3}, 1709874000000, 1710129600000),
    ("dayRange", "date(2024,3,8)", {"last": "date(2024,3,9)"}, 1709874000000, 1710046800000),
    ("dayRange", 1709880000000, {"last": 1709880000001}, 1709874000000, 1709960400000),
    ("hourRange", "now()", {"count": -1}, 1710165600000, 1710169200000),
    ("hourRange", "1710165600000", {"last": "1710165600000"}, 1710165600000, 1710169200000),
    ("weekRange", "now()", {"count": -1}, 1709442000000, 1710046800000),
    ("weekRange", "now()", {"count": 1}, 1710046800000, 1710648000000),
    ("monthRange", "now()", {"count": -1}, 1706763600000, 1709269200000),
    ("monthRange", "now()", {"count": 1}, 1709269200000, 1711944000000),
]


@pytest.mark.parametrize(("period", "first", "end", "start_wanted", "end_wanted"), VECTORS)
def test_a_window_is_rounded_down_in_the_subscriptions_time_zone(period, first, end, start_wanted, end_wanted):
    window = window_of({"period": period, "first": first, **end}, NEW_YORK)
    assert (window.start, window.end) == (start_wanted, end_wanted)


def test_the_day_the_clocks_go_forward_has_23_hours_and_the_day_they_go_back_25():
    calendar = NEW_YORK.calendar
    forward, back = calendar.floor("day", 1710100000000), calendar.floor("day", ms(2024, 11, 3, 12))
    assert calendar.add("day", forward, 1) - forward == 23 * HOUR
    assert calendar.add("day", back, 1) - back == 25 * HOUR
    assert len(calendar.starts("hour", back, calendar.add("day", back, 1) - 1)) == 25


def test_seven_days_have_seven_bucket_starts():
    window = window_of({"period": "dayRange", "first": "now()", "count": -7}, NEW_YORK)
    days = [bucket.start for bucket in window.each_bucket(NEW_YORK)]
    assert days[:2] == [1709528400000, 1709614800000]
    assert len(days) == 7


def test_an_hour_bucket_begins_where_clocks_move_by_half_an_hour():
    calendar = Calendar("Australia/Lord_Howe")
    change = ms(2024, 10, 5, 15, 30)
    assert calendar.floor("hour", change) == change
    assert calendar.floor("hour", change - 1) < change


def test_in_a_zone_of_half_hours_an_hour_begins_at_the_local_hour():
    assert Calendar("Asia/Kolkata").floor("hour", ms(2024, 3, 11, 15, 45)) == ms(2024, 3, 11, 15, 30)


def test_where_midnight_does_not_exist_the_day_begins_at_the_change():
    assert Calendar("Africa/Cairo").floor("day", ms(2024, 4, 26, 5)) == ms(2024, 4, 25, 22)


@pytest.mark.parametrize(
    "series",
    [
        None,
        {},
        {"period": "dayRange"},
        {"period": "dayRange", "first": "now()"},
        {"period": "dayRange", "first": "now()", "count": 1, "last": "now()"},
        {"period": "dayRange", "first": "now()", "count": 0},
        {"period": "dayRange", "first": "now()", "count": 1.5},
        {"period": "dayRange", "first": "now()", "count": True},
        {"period": "dayRange", "first": "now()", "count": 10**30},
        {"period": "dayRange", "first": "someField", "count": 1},
        {"period": "dayRange", "first": "1e300", "count": 1},
        {"period": "dayRange", "first": "a b", "count": 1},
        {"period": "monthRange", "first": "now()", "count": 400_000},
        {"period": "fortnightRange", "first": "now()", "count": 1},
        {"period": "dayRange", "first": "now()", "count": 1, "frist": 0},
        {"period": "dayRange", "first": "now()", "last": 1e300},
        {"period": "hourly", "first": 0, "last": 4_000_000_000_000},
    ],
)
def test_a_time_series_that_makes_no_sense_is_refused(series):
    with pytest.raises(Refused):
        window_of(series, NEW_YORK)


def test_a_window_may_begin_with_the_epoch_and_end_in_a_far_future():
    for period in ("hourRange", "dayRange", "weekRange", "monthRange", "quarterRange"):
        begin = window_of({"period": period, "first": 0, "last": 0}, NEW_YORK)
        assert begin.start <= 0 < begin.end
        everything = window_of({"period": period, "first": 0, "last": 9_999_999_999_999}, NEW_YORK)
        assert everything.start == begin.start
        assert everything.end > NOW


ZONES = st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Santiago"])
TIMES = st.integers(ms_low := 1_500_000_000_000, ms_low + 300_000_000_000)


@settings(max_examples=60, deadline=None)
@given(ZONES, st.sampled_from(UNITS), TIMES)
def test_a_bucket_holds_its_time_and_begins_itself(zone, unit, time):
    calendar = Calendar(zone)
    start = calendar.floor(unit, time)
    assert start <= time
    assert calendar.floor(unit, start) == start


@settings(max_examples=30, deadline=None)
@given(ZONES, st.sampled_from(UNITS), st.lists(TIMES.map(lambda time: time // 200), min_size=1, max_size=20))
def test_many_times_are_rounded_as_one_is(zone, unit, times):
    calendar = Calendar(zone)
    near = [1_720_000_000_000 + time for time in times]
    assert calendar.floors(unit, np.array(near)).tolist() == [calendar.floor(unit, time) for time in near]


def test_an_unknown_time_zone_is_named():
    with pytest.raises(ValueError, match="Mars/Olympus"):
        Calendar("Mars/Olympus")


def ms(*parts: int) -> int:
    return round(datetime(*parts, tzinfo=UTC).timestamp() * 1000)
