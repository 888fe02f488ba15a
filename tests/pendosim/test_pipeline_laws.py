"""Laws that hold for any rows: what may be swapped, split, joined or counted another way."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pendosim import Options, SettableClock
from pendosim.aggregation.pipeline import pipeline_of
from pendosim.values import sort_key
from pendosim.world.world import World

HOUR = 3_600_000
ALL = {"appId": 'expandAppIds("*")'}
BUCKETED = ("events", "pageEvents", "featureEvents", "trackEvents")
SPRING, AUTUMN = 1710171000000, 1730904000000  # the day after a day of 23 hours; three days after one of 25


def world_of(now, zone):
    return World(
        Options(visitors=40, accounts=6, days=45, events_per_day=12, timezone=zone, seed=4), SettableClock(now)
    )


WORLDS = {
    "spring": world_of(SPRING, "America/New_York"),
    "autumn": world_of(AUTUMN, "America/New_York"),
    "half hours": world_of(SPRING, "Asia/Kolkata"),
    "utc": world_of(SPRING, "UTC"),
}
PLAIN = WORLDS["utc"]


def answer(world, *stages):
    return list(pipeline_of(list(stages), world, world.environment()).rows())


def total(world, source, period, first, last):
    """How many events there are from one time to another (not included)."""
    series = {"period": period, "first": first, "last": last - 1}
    stages = [{"source": {source: ALL, "timeSeries": series}}, {"reduce": {"n": {"sum": "numEvents"}}}]
    return answer(world, *stages)[0]["n"]


@pytest.mark.parametrize("world", WORLDS)
@settings(max_examples=12, deadline=None)
@given(st.sampled_from(BUCKETED), st.integers(0, 20), st.integers(1, 24))
def test_days_sum_up_to_what_their_hours_do(world, source, back, count):
    of = WORLDS[world]
    first = of.calendar.add("day", of.calendar.floor("day", of.clock.now()), -back - count)
    last = of.calendar.add("day", first, count)
    assert total(of, source, "hourRange", first, last) == total(of, source, "dayRange", first, last)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("source", BUCKETED)
@pytest.mark.parametrize("unit", ["week", "month"])
def test_whole_weeks_and_months_sum_up_to_what_their_days_do(world, source, unit):
    of = WORLDS[world]
    last = of.calendar.floor(unit, of.clock.now())
    first = of.calendar.add(unit, last, -1)
    sums = {period: total(of, source, period, first, last) for period in (f"{unit}Range", "dayRange", "hourRange")}
    assert len(set(sums.values())) == 1
    assert sums["dayRange"] > 0


def test_the_day_of_23_and_the_day_of_25_hours_have_so_many_hour_buckets():
    for name, hours in (("spring", 23), ("autumn", 25)):
        of = WORLDS[name]
        days = answer(of, {"source": {"events": ALL}}, {"group": {"group": ["day"]}})
        lengths = {of.calendar.add("day", row["day"], 1) - row["day"] for row in days}
        assert hours * HOUR in lengths
        (odd,) = [row["day"] for row in days if of.calendar.add("day", row["day"], 1) - row["day"] == hours * HOUR]
        last = of.calendar.add("day", odd, 1)
        assert total(of, "events", "hourRange", odd, last) == total(of, "events", "dayRange", odd, last) > 0
        series = {"period": "hourly", "first": odd, "last": last - 1}
        pipeline = pipeline_of([{"source": {"events": ALL, "timeSeries": series}}], of, of.environment())
        assert len(pipeline.window.each_bucket(of.environment())) == hours


@pytest.mark.parametrize("source", ["visitors", "accounts", "pages", "guideEvents", "pageEvents"])
@settings(max_examples=6, deadline=None)
@given(size=st.integers(3, 90))
def test_any_page_size_yields_each_row_exactly_once(source, size):
    base = [
        {"source": {source: ALL}},
        {"sort": ["visitorId", "accountId", "id", "day", "lastTime", "eventId", "pageId"]},
    ]
    everything = answer(PLAIN, *base, {"limit": 250})
    pages = []
    for skip in range(0, len(everything) + size, size):
        pages += answer(PLAIN, *base, {"limit": 250}, {"skip": skip}, {"limit": size})
    assert pages == everything
    assert sorted(map(json.dumps, answer(PLAIN, base[0], {"limit": 10**6}))) == sorted(
        map(json.dumps, answer(PLAIN, *base))
    )


VALUES = st.sampled_from([None, True, False, 0, 1, 2.5, -3, "", "a", "b", "B", [1], {"k": 1}])
ROWS = st.lists(
    st.fixed_dictionaries({}, optional={"a": VALUES, "b": VALUES, "n": st.none() | st.integers(-50, 50)}), max_size=12
).map(lambda rows: [row | {"place": place} for place, row in enumerate(rows)])
FILTERS = st.sampled_from(
    ["a == 1", "a != null", 'a >= "a"', "n > 0", "!(n < 10)", "isNull(b)", "a == b", "n", "len(b) == 0", "n % 2 == 0"]
)
KEYS = st.lists(st.sampled_from(["a", "-a", "b", "-b", "n", "-n", "+n"]), min_size=1, max_size=3)
GROUPED = st.lists(st.sampled_from(["a", "b", "n"]), min_size=1, max_size=2, unique=True)
LAW = settings(max_examples=60, deadline=None)


def run(rows, *stages):
    return answer(PLAIN, {"source": {"const": rows}}, *stages)


@LAW
@given(ROWS, FILTERS, FILTERS)
def test_filter_after_filter_is_a_filter_with_and(rows, first, second):
    both = run(rows, {"filter": f"({first}) && ({second})"})
    assert run(rows, {"filter": first}, {"filter": second}) == both
    assert run(rows, {"filter": second}, {"filter": first}) == both


@LAW
@given(ROWS, FILTERS)
def test_a_filter_and_its_opposite_part_the_rows(rows, test):
    kept, dropped = run(rows, {"filter": test}), run(rows, {"filter": f"!({test})"})
    assert sorted(row["place"] for row in kept + dropped) == [row["place"] for row in rows]


@LAW
@given(ROWS, KEYS)
def test_a_sort_is_stable_and_follows_the_order_of_kinds(rows, keys):
    wanted = list(rows)
    for key in reversed(keys):
        name = key.lstrip("+-")
        wanted.sort(key=lambda row, name=name: sort_key(row.get(name)), reverse=key.startswith("-"))
    assert run(rows, {"sort": keys}) == wanted
    assert run(rows, *({"sort": [key]} for key in reversed(keys))) == wanted


@LAW
@given(ROWS, KEYS, FILTERS)
def test_a_filter_may_stand_before_or_after_a_sort(rows, keys, test):
    assert run(rows, {"sort": keys}, {"filter": test}) == run(rows, {"filter": test}, {"sort": keys})


@LAW
@given(ROWS, st.integers(0, 14), st.integers(0, 14))
def test_skip_and_limit_cut_a_slice(rows, skip, limit):
    assert run(rows, {"skip": skip}, {"limit": limit}) == rows[skip : skip + limit]
    assert run(rows, {"limit": skip + limit}, {"skip": skip}) == rows[skip : skip + limit]


@LAW
@given(ROWS, GROUPED)
def test_groups_part_the_rows(rows, keys):
    counted = {"rows": {"count": None}, "total": {"sum": "n"}, "least": {"min": "n"}, "places": {"list": "place"}}
    groups = run(rows, {"group": {"group": keys, "fields": counted}})
    assert sum(group["rows"] for group in groups) == len(rows)
    assert sum(group["total"] for group in groups) == run(rows, {"reduce": counted})[0]["total"]
    assert sorted(place for group in groups for place in group["places"]) == [row["place"] for row in rows]
    assert len({json.dumps([group[key] for key in keys], sort_keys=True) for group in groups}) == len(groups)


@LAW
@given(ROWS)
def test_a_group_of_a_group_is_the_coarser_group(rows):
    fields = {"t": {"sum": "t"}, "most": {"max": "most"}}
    fine = {"group": {"group": ["a", "b"], "fields": {"t": {"sum": "n"}, "most": {"max": "n"}}}}
    coarse = {"group": {"group": ["a"], "fields": {"t": {"sum": "n"}, "most": {"max": "n"}}}}
    assert run(rows, fine, {"group": {"group": ["a"], "fields": fields}}) == run(rows, coarse)


@LAW
@given(ROWS, GROUPED)
def test_distinct_keys_are_distinct_already(rows, keys):
    stage = {"group": {"group": keys}}
    assert run(rows, stage, stage) == run(rows, stage)
    assert run(rows, stage, {"count": None})[0]["count"] == len(run(rows, stage))


@LAW
@given(ROWS)
def test_count_of_a_field_is_how_many_groups_are_not_null(rows):
    (row,) = run(rows, {"reduce": {"n": {"count": "a"}}})
    assert row["n"] == len([one for one in run(rows, {"group": {"group": ["a"]}}) if one["a"] is not None])


@LAW
@given(ROWS, FILTERS)
def test_count_if_counts_what_a_filter_keeps(rows, test):
    (row,) = run(
        rows,
        {"reduce": {"n": {"countIf": {"count": None, "if": test}}, "l": {"listIf": {"list": "place", "if": test}}}},
    )
    kept = run(rows, {"filter": test})
    assert row == {"n": len(kept), "l": [one["place"] for one in kept]}


@LAW
@given(ROWS, ROWS)
def test_spawn_puts_rows_one_after_another_and_fork_feeds_each_branch(first, second):
    spawned = answer(PLAIN, {"spawn": [[{"source": {"const": first}}], [{"source": {"const": second}}]]})
    assert spawned == first + second
    assert run(first, {"fork": [[{"cat": None}], [{"limit": 1}]]}) == first + first[:1]


@LAW
@given(ROWS)
def test_a_join_of_rows_that_have_no_partner_changes_nothing(rows):
    assert run(rows, {"join": {"fields": ["place"]}}) == rows
    assert run(rows, {"join": {"fields": ["a"], "width": 1}}) == rows


@LAW
@given(ROWS)
def test_a_merge_keeps_every_row_and_lends_the_first_match(rows):
    inner = [{"source": {"const": rows}}]
    merged = run(rows, {"merge": {"fields": ["a"], "mappings": {"of": "place"}, "pipeline": inner}})
    firsts = [next(other["place"] for other in rows if same(other.get("a"), row.get("a"))) for row in rows]
    assert [row["of"] for row in merged] == firsts


def same(left, right):
    return json.dumps(left) == json.dumps(right)


@LAW
@given(st.lists(st.lists(st.integers(0, 5), max_size=4), max_size=5))
def test_what_is_unwound_can_be_listed_again(lists):
    rows = [{"k": place, "l": values} for place, values in enumerate(lists)]
    listed = run(rows, {"unwind": {"field": "l"}}, {"group": {"group": ["k"], "fields": {"l": {"list": "l"}}}})
    assert listed == [row for row in rows if row["l"]]


@LAW
@given(ROWS)
def test_select_of_every_field_changes_nothing_but_nulls(rows):
    selected = run(rows, {"select": {name: name for name in ("a", "b", "n", "place")}})
    assert selected == [{name: row.get(name) for name in ("a", "b", "n", "place")} for row in rows]
