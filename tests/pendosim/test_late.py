"""Late events and restated buckets: from Python and by the control listener, in every source and in the truth."""

import pytest

from .conftest import ALL_APPS, NOW

DAY = 86_400_000
MIDNIGHT = 1710129600000
SOURCES = ("events", "pageEvents", "featureEvents", "trackEvents")


@pytest.fixture
def total(own):
    def counted(source, since=MIDNIGHT - 3 * DAY, until=MIDNIGHT):
        series = {"period": "hourRange", "first": str(since), "last": str(until - 1)}
        rows = own.rows({"source": {source: ALL_APPS, "timeSeries": series}})
        found = own.pendo.expected(source, since=since, until=until, unit="hour")
        assert (len(rows), sum(row["numEvents"] for row in rows)) == (found.rows, found.num_events)
        return found.num_events

    return counted


def event(kind, **settings):
    return {"kind": kind, "visitorId": "ann@example.com", "time": MIDNIGHT - DAY, **settings}


def test_late_events_of_every_kind_show_from_their_moment_in_every_source(own, total):
    before = {source: total(source) for source in SOURCES}
    late = [event("page"), event("feature"), event("track", item="Late One"), event("other", accountId="acme")]
    assert own.pendo.add_events(late, at=NOW + 5000) == 4
    assert {source: total(source) for source in SOURCES} == before
    own.pendo.clock.advance(5)
    after = {source: total(source) for source in SOURCES}
    assert {source: after[source] - before[source] for source in SOURCES} == {
        "events": 4,
        "pageEvents": 1,
        "featureEvents": 1,
        "trackEvents": 1,
    }
    singles = own.rows({"source": {"singleEvents": ALL_APPS}}, {"filter": 'visitorId == "ann@example.com"'})
    assert len(singles) == 4
    history = own.get(f"/api/v1/visitor/ann%40example.com/history?starttime={MIDNIGHT - DAY}").json()
    assert [one["type"] for one in history] == ["page", "feature", "trackType", "untagged"]


def test_a_late_event_may_name_its_page_and_be_older_than_track_events_may_be(own, total):
    page = own.pendo.world.definitions.pages[3]["id"]
    own.pendo.add_events([event("page", item=page, time=MIDNIGHT - 30 * DAY)])
    since = MIDNIGHT - 31 * DAY
    series = {"period": "dayRange", "first": str(since), "last": str(MIDNIGHT - 29 * DAY)}
    rows = own.rows({"source": {"pageEvents": {**ALL_APPS, "pageId": page}, "timeSeries": series}})
    assert [row["visitorId"] for row in rows] == ["ann@example.com"]


@pytest.mark.parametrize("change", [7, -7, 10_000])
def test_a_window_is_restated_from_its_moment_on_and_others_stay(own, total, change):
    window = (MIDNIGHT - 2 * DAY, MIDNIGHT - DAY)
    before, others = total("events", *window), total("events") - total("events", *window)
    own.pendo.restate(since=window[0], until=window[1], events=change, at=NOW + 1000)
    assert total("events", *window) == before
    own.pendo.clock.advance(1)
    assert total("events", *window) == before + change
    assert total("events") - total("events", *window) == others


def test_recordings_of_a_restated_window_hold_its_events(own):
    def mutations():
        return own.rows(
            {"source": {"recordingMetadata": ALL_APPS}}, {"reduce": {"n": {"sum": "recordingRrwebEventCount"}}}
        )[0]["n"]

    before = mutations()
    own.pendo.restate(since=MIDNIGHT - 3 * DAY, until=MIDNIGHT, events=10_000)
    assert mutations() > before
    own.pendo.restate(since=MIDNIGHT - 30 * DAY, until=NOW + 1, events=-100_000)
    assert mutations() == 0


def test_a_window_can_lose_everything_and_an_empty_one_stays_empty(own, total):
    window = (MIDNIGHT - 2 * DAY, MIDNIGHT - DAY)
    own.pendo.restate(since=window[0], until=window[1], events=-100_000)
    assert total("events", *window) == 0
    own.pendo.restate(since=window[0], until=window[1], events=5)
    assert total("events", *window) == 0


def test_the_control_listener_does_both(own, total):
    before = total("events")
    answer = own.control("POST", "/events", {"events": [event("page"), event("other")], "at": NOW})
    assert answer.json() == {"added": 2}
    wanted = {"since": MIDNIGHT - DAY, "until": MIDNIGHT, "events": 3}
    assert own.control("POST", "/restatements", wanted).json() == wanted
    assert total("events") == before + 5


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/events", {"events": "x"}),
        ("/events", {"events": [5]}),
        ("/events", {"events": [event("planet")]}),
        ("/events", {"events": [event(["page"])]}),
        ("/events", {"events": [event("page", item="nosuch")]}),
        ("/events", {"events": [event("track")]}),
        ("/events", {"events": [event("page", time=NOW + DAY)]}),
        ("/events", {"events": [event("page", time=0)]}),
        ("/events", {"events": [event("page", time="x")]}),
        ("/events", {"events": [event("page", appId=5)]}),
        ("/events", {"events": [event("page", appId=[5])]}),
        ("/events", {"events": [event("page", visitorId="")]}),
        ("/events", {"events": [event("page", properties=[])]}),
        ("/events", {"events": [], "at": "x"}),
        ("/events", []),
        ("/restatements", {"since": 5}),
        ("/restatements", {"since": 5, "until": 5, "events": 1}),
        ("/restatements", {"since": 5, "until": 6, "events": 0}),
        ("/restatements", {"since": 5, "until": 6, "events": 10**9}),
        ("/restatements", {"since": "5", "until": 6, "events": 1}),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(own, path, body):
    before = own.pendo.expected("events")
    answer = own.control("POST", path, body)
    assert (answer.status, bool(answer.body)) == (400, True)
    assert own.pendo.expected("events") == before


def test_what_was_there_keeps_its_event_ids_and_all_of_them_differ(own):
    def ids():
        rows = own.rows({"source": {"singleEvents": ALL_APPS}})
        found = {row["eventId"] for row in rows}
        assert len(found) == len(rows)
        return found

    before = ids()
    own.pendo.add_events([event("other", time=MIDNIGHT - 3 * DAY)] * 3)
    own.pendo.restate(since=MIDNIGHT - 2 * DAY, until=MIDNIGHT - DAY, events=20)
    assert before < ids()
    assert len(ids()) == len(before) + 23
