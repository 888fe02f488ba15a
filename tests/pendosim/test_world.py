"""The made-up subscription: the same for a seed, realistic where clients stumble."""

import numpy as np
import pytest

from pendosim import Options, SettableClock, running
from pendosim.world.ids import ODD_ACCOUNT_IDS, ODD_VISITOR_IDS, app_id, object_id
from pendosim.world.world import World

NOW = 1710171000000


def world(**options):
    settings = {"visitors": 400, "accounts": 90, "days": 5, "events_per_day": 200}
    return World(Options(**settings | options), SettableClock(NOW))


def all_rows(table):
    return list(table.rows(np.arange(len(table), dtype=np.int64)))


def test_the_same_seed_and_clock_make_the_same_world_byte_for_byte():
    one, other = world(seed=5), world(seed=5)
    for tables in ((one.visitors(), other.visitors()), (one.accounts(), other.accounts())):
        assert all_rows(tables[0]) == all_rows(tables[1])
    for source in ("events", "pageEvents", "trackEvents"):
        assert all_rows(one.buckets(source, "hour")) == all_rows(other.buckets(source, "hour"))
    assert all_rows(one.guide_events()) == all_rows(other.guide_events())
    assert (one.guides, one.reports, one.segments) == (other.guides, other.reports, other.segments)


def test_another_seed_makes_another_world():
    assert all_rows(world(seed=5).visitors()) != all_rows(world(seed=6).visitors())


def test_ids_have_pendos_shapes():
    assert object_id("x") == "EfatjsUqKYSrqv18O1FlA3hcIHI"
    assert app_id(0, 1) == -323232
    assert len(str(app_id(3, 1))) == 16


def test_odd_ids_occur_among_visitors_accounts_and_events():
    of = world(visitors=60)
    assert set(ODD_VISITOR_IDS) <= set(of.people.visitor_ids)
    assert set(ODD_ACCOUNT_IDS) <= set(of.people.account_ids)
    assert set(ODD_VISITOR_IDS) & {row["visitorId"] for row in all_rows(of.buckets("events", "day"))}
    assert not set(ODD_VISITOR_IDS) & set(world(odd_ids=False).people.visitor_ids)


def test_ids_are_unique():
    people = world(visitors=5000).people
    assert len(set(people.visitor_ids)) == 5000
    assert len(set(people.account_ids)) == 90


def test_visitors_have_everything_a_client_must_bear():
    rows = all_rows(world(visitors=3000).visitors())
    groups = [row["metadata"] for row in rows]
    assert any("auto" not in metadata and metadata["pendo"]["donotprocess"] for metadata in groups)
    assert any(row["visitorId"].startswith("_PENDO_T_") for row in rows)
    autos = [metadata["auto"] for metadata in groups if "auto" in metadata]
    assert any(auto["lastvisit"] == 0 for auto in autos)
    assert any(auto["accountid"] == "" for auto in autos)
    assert any(len(auto["accountids"]) == 2 for auto in autos)
    custom = [metadata["custom"] for metadata in groups if "custom" in metadata]
    assert {type(value) for fields in custom for value in fields.values()} >= {str, bool, int, float, list}
    assert {type(fields["legacycode"]) for fields in custom if "legacycode" in fields} == {str, int}
    assert any(fields["renewal"] == 0 for fields in custom)
    assert any(metadata.get("agent", {}).get("language", "") is None for metadata in groups)


def test_some_accounts_lack_lastupdated():
    autos = [row["metadata"]["auto"] for row in all_rows(world().accounts())]
    assert 0 < sum("lastupdated" not in auto for auto in autos) < len(autos) / 4


def test_last_visits_agree_with_events():
    of = world()
    latest = {}
    for row in all_rows(of.buckets("events", "day")):
        latest[row["visitorId"]] = max(latest.get(row["visitorId"], 0), row["lastTime"])
    for row in all_rows(of.visitors()):
        if row["visitorId"] in latest:
            assert row["metadata"]["auto"]["lastvisit"] == latest[row["visitorId"]]


def test_few_visitors_do_most_and_mostly_in_office_hours():
    of = world(visitors=1000, events_per_day=2000)
    busiest = np.sort(np.bincount(of.activity.visitor, minlength=1000))[::-1]
    assert busiest[:200].sum() > 0.4 * busiest.sum()
    hours = np.array([of.calendar.local(int(time)).hour for time in of.activity.time[:3000]])
    assert np.mean((hours >= 8) & (hours < 18)) > 0.6


def test_a_size_is_about_that_of_real_rows():
    of = world(visitors=2000)
    assert 750 < of.visitors().size_bytes / 2000 < 950
    events = of.buckets("events", "day")
    assert 550 < events.size_bytes / len(events) < 750


@pytest.mark.parametrize(
    "options",
    [
        {"visitors": 0},
        {"accounts": 0},
        {"days": 0},
        {"events_per_day": 0},
        {"visitors": 1, "accounts": 1},
        {"visitors": 0, "accounts": 0, "days": 0, "events_per_day": 0, "apps": 1},
        {"timezone": "Asia/Kolkata"},
        {"timezone": "Australia/Lord_Howe", "apps": 5},
    ],
)
def test_a_world_may_lack_anything(options):
    of = world(**options)
    tables = [of.visitors(), of.accounts(), of.guide_events(), of.poll_events()]
    tables += [of.buckets(source, unit) for source in ("events", "pageEvents") for unit in ("hour", "day", "month")]
    assert all(len(all_rows(table)) == len(table) for table in tables)


def test_one_timestamp_reaches_visitors_and_guide_events_too():
    of = world(one_timestamp=True)
    autos = [row["metadata"]["auto"] for row in all_rows(of.visitors()) if "auto" in row["metadata"]]
    assert len({auto["lastupdated"] for auto in autos}) == 1
    assert len({row["guideTimestamp"] for row in all_rows(of.guide_events())}) == 1


def test_a_page_of_one_timestamp_can_stand_among_others():
    of = world(same_instant=25, visitors=300, events_per_day=1000)
    times = [row["lastTime"] for row in all_rows(of.buckets("events", "day"))]
    instant = max(times, key=times.count)
    assert times.count(instant) == 25
    assert len([time for time in times if time < instant]) > 25
    assert len([time for time in times if time > instant]) > 25
    hourly = [row["lastTime"] for row in all_rows(of.buckets("events", "hour"))]
    assert hourly.count(instant) == 25
    of = world(same_instant=10**6)
    assert of.activity.time.tolist() == sorted(of.activity.time.tolist())


def test_data_ends_at_the_present_by_default():
    with running(visitors=30, days=2, events_per_day=100) as pendo:
        assert pendo.expected("events", since=pendo.clock.now() - 3 * 86_400_000).num_events > 0
        assert pendo.expected("events", since=pendo.clock.now()).num_events == 0


@pytest.mark.parametrize(
    "options",
    [{"visitors": -1}, {"apps": 0}, {"timezone": "Mars/X"}, {"region": "x"}, {"foreign_region_status": 1}],
)
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(ValueError, match=r"wanted|unknown"):
        Options(**options)


def test_what_is_not_given_is_generated_and_never_the_same():
    assert Options().key != Options().key
    assert Options(region="eu").key.endswith(".eu")
