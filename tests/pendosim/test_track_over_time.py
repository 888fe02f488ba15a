"""When track events show, for whom, under which limits, and in which application."""

import pytest

from pendosim import running
from pendosim.world.activity import TRACK
from pendosim.world.live import SentEvent
from pendosim.world.track_limits import JSON_BYTES_MAX, TRACK_TYPES_MAX, PropertyLimits

from .conftest import NOW, Client

ANN = {"type": "track", "event": "Invoice Paid", "visitorId": "ann@example.com", "accountId": "acme-new"}
MINE = {"filter": 'visitorId == "ann@example.com"'}


@pytest.fixture
def track(own):
    def send(*, secret="", **changes):
        event = ANN | {"timestamp": own.pendo.clock.now() - 1000} | changes
        return own.request("POST", "/data/track", event, url=own.pendo.data, key=secret or own.pendo.track_secret)

    return send


@pytest.fixture
def rows(own, series):
    def found(source="trackEvents"):
        return own.rows(series(source, "dayRange", "now()", count=-8), MINE) + own.rows(
            series(source, "dayRange", "now()", count=1), MINE
        )

    return found


def names(own):
    return {one["trackTypeName"] for one in own.get("/api/v1/tracktype?expand=*").json()}


def test_an_event_and_its_track_type_show_after_the_ingest_lag(own, track, rows):
    own.pendo.lags.change(ingest_lag=300)
    events = own.pendo.expected("events").num_events
    assert track(event="Never Seen").status == 200
    own.pendo.clock.advance(299)
    assert (rows(), "Never Seen" in names(own), own.pendo.expected("events").num_events) == ([], False, events)
    own.pendo.clock.advance(1)
    assert len(rows()) == len(rows("events")) == len(rows("singleEvents")) == 1
    assert "Never Seen" in names(own)
    assert own.pendo.expected("events").num_events == events + 1


def test_whoever_is_known_only_from_events_appears_with_the_group_auto(own, track):
    visitors, accounts = own.pendo.expected("visitors").rows, own.pendo.expected("accounts").rows
    assert own.get("/api/v1/visitor/ann%40example.com").status == 404
    track()
    auto = own.get("/api/v1/visitor/ann%40example.com").json()["metadata"]["auto"]
    assert (auto["accountid"], auto["accountids"]) == ("acme-new", ["acme-new"])
    assert (auto["firstvisit"], auto["lastvisit"], auto["lastupdated"]) == (NOW - 1000, NOW - 1000, NOW)
    assert own.get("/api/v1/account/acme-new").json()["metadata"]["auto"]["lastvisit"] == NOW - 1000
    assert own.pendo.expected("visitors").rows == visitors + 1 == len(own.rows({"source": {"visitors": None}}))
    assert own.pendo.expected("accounts").rows == accounts + 1 == len(own.rows({"source": {"accounts": None}}))


def test_the_last_visit_moves_with_every_event_and_the_first_one_stays(own, track):
    track()
    own.pendo.clock.advance(60)
    track(accountId="other")
    auto = own.get("/api/v1/visitor/ann%40example.com").json()["metadata"]["auto"]
    assert (auto["firstvisit"], auto["lastvisit"]) == (NOW - 1000, NOW + 59_000)
    assert (auto["accountid"], auto["accountids"]) == ("other", ["acme-new", "other"])


def test_an_event_from_the_future_shows_when_its_time_has_come(own, track, rows):
    track(timestamp=NOW + 60_000)
    assert rows() == []
    own.pendo.clock.advance(60)
    assert len(rows()) == 1


@pytest.mark.parametrize("time", [0, -1, NOW - 7 * 86_400_000 - 1])
def test_an_event_older_than_seven_days_is_accepted_and_dropped(own, track, time):
    before = own.pendo.expected("events").num_events
    assert track(timestamp=time).status == 200
    assert own.pendo.expected("events").num_events == before


def test_an_event_at_the_end_of_time_does_no_harm(own, track):
    assert track(timestamp=2**53).status == 200
    assert own.pendo.expected("events", unit="hour").rows > 0


@pytest.mark.parametrize("kind", ["visitor", "account"])
def test_events_of_one_who_is_not_to_be_processed_are_accepted_and_dropped_from_then_on(own, track, rows, kind):
    track()
    assert len(rows()) == 1
    who = "ann%40example.com" if kind == "visitor" else "acme-new"
    own.request("PUT", f"/api/v1/metadata/{kind}/pendo/value/{who}/donotprocess", b"true")
    assert track().status == 200
    assert [row["numEvents"] for row in rows()] == [1]


def test_each_application_has_its_own_secret(own, series):
    (default, other) = own.pendo.track_secrets
    assert own.pendo.track_secrets[default] == own.pendo.track_secret
    event = ANN | {"timestamp": NOW - 1000, "event": "Only There"}
    own.request("POST", "/data/track", event, url=own.pendo.data, key=own.pendo.track_secrets[other])
    (row,) = own.rows(series("trackEvents", "dayRange", "now()", count=1, apps={"appId": other}), MINE)
    assert row["appId"] == other
    assert own.rows(series("trackEvents", "dayRange", "now()", count=1, apps={"appId": default}), MINE) == []
    made = next(one for one in own.get("/api/v1/tracktype?expand=*").json() if one["trackTypeName"] == "Only There")
    assert made["appId"] == other
    assert "auto_" + str(other) in own.get("/api/v1/visitor/ann%40example.com").json()["metadata"]


def test_badly_named_properties_are_left_out_and_long_ones_replaced(track, rows):
    odd = {"ok": 1, "9th": 1, "with space": 1, "__sg__": 1, "x" * 33: 1, "long": "y" * 1025}
    track(properties=odd)
    (row,) = rows()
    assert row["properties"]["ok"] == 1
    assert set(row["properties"]) == {"ok", "long"}
    assert row["properties"]["long"].startswith("property too big, sha1=")


def test_properties_that_are_too_large_together_make_place_for_a_marker(track, rows):
    fits = {f"p{number}": "x" * 100 for number in range(4)}
    track(properties=fits)
    track(properties=fits | {"one_more": "x" * 100})
    found = [row["properties"] for row in rows()]
    assert fits in found
    assert {"error": "event properties JSON too large"} in found
    assert JSON_BYTES_MAX == 512


def test_only_so_many_names_of_properties_are_kept():
    limits = PropertyLimits()
    for number in range(10_000):
        assert limits.kept({f"p{number}": 1}) == {f"p{number}": 1}
    assert limits.kept({"surplus": 1, "p5": 2}) == {"p5": 2}


def test_only_so_many_track_types_are_made_in_one_application(own, track):
    for number in range(TRACK_TYPES_MAX):
        own.pendo.world.receive(SentEvent(TRACK, f"made {number}", "ann@example.com", "", NOW, 0, {}, "", ""))
    assert sum(one["appId"] == -323232 for one in own.pendo.world.definitions.track_types) == TRACK_TYPES_MAX
    before = own.pendo.expected("events").num_events
    assert track(event="one too many").status == 200
    assert "one too many" not in names(own)
    assert own.pendo.expected("events").num_events == before


def test_a_visitor_stays_the_same_whatever_order_lags_let_things_arrive_in():
    with running(visitors=20, accounts=2, days=1, events_per_day=10, now=NOW, ingest_lag=60, metadata_lag=30) as pendo:
        own = Client(pendo)
        event = ANN | {"timestamp": NOW}
        own.request("POST", "/data/track", event, url=pendo.data, key=pendo.track_secret)
        written = [{"visitorId": "ann@example.com", "values": {"plan": "pro"}}]
        own.request("POST", "/api/v1/metadata/visitor/custom/value?create=true", written)
        pendo.clock.advance(60)
        single = own.get("/api/v1/visitor/ann%40example.com").json()["metadata"]
        (row,) = own.rows({"source": {"visitors": None}}, MINE)
    assert row["metadata"]["custom"] == single["custom"] == {"plan": "pro"}
    assert row["metadata"]["auto"]["lastvisit"] == single["auto"]["lastvisit"] == NOW
