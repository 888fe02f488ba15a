"""POST /data/track on both hosts, and where the events show up."""

import json

import pytest

NOW = 1710171000000
EVENT = {
    "type": "track",
    "event": "Ünusual thing",
    "visitorId": "ann@example.com",
    "accountId": "acme",
    "timestamp": NOW - 60_000,
    "properties": {"plan": "pro", "amount": 42.5, "first": True},
    "context": {
        "ip": "203.0.113.7",
        "userAgent": "Mozilla/5.0",
        "url": "https://app.example.com/1",
        "title": "1",
    },
}


@pytest.fixture
def track(own):
    def send(body=EVENT, *, url=own.pendo.data, key=own.pendo.track_secret):
        return own.request("POST", "/data/track", body, url=url, key=key)

    return send


@pytest.fixture
def today(series):
    def stage(source):
        return series(source, "dayRange", "now()", count=1)

    return stage


def test_an_event_is_accepted_with_an_empty_body_on_both_hosts(own, track):
    for url in (own.pendo.data, own.pendo.api):
        answer = track(url=url)
        assert (answer.status, answer.body) == (200, b"")


def test_an_event_shows_up_in_track_events_and_in_events(own, track, today):
    track()
    mine = {"filter": 'visitorId == "ann@example.com"'}
    (row,) = own.rows(today("trackEvents"), mine)
    assert row["properties"] == EVENT["properties"]
    assert (row["accountId"], row["remoteIp"], row["numEvents"]) == ("acme", "203.0.113.7", 1)
    assert (row["firstTime"], row["lastTime"], row["appId"]) == (NOW - 60_000, NOW - 60_000, -323232)
    assert len(own.rows(today("events"), mine)) == 1
    (single,) = own.rows(today("singleEvents"), mine)
    assert single["type"] == "track"


def test_a_new_name_makes_a_new_track_type(own, track, today):
    assert "Ünusual thing" not in {one["trackTypeName"] for one in own.get("/api/v1/tracktype").json()}
    track()
    made = next(one for one in own.get("/api/v1/tracktype").json() if one["trackTypeName"] == "Ünusual thing")
    (row,) = own.rows(today("trackEvents"), {"filter": 'visitorId == "ann@example.com"'})
    assert row["trackTypeId"] == made["id"]
    assert made["createdAt"] == made["lastUpdatedAt"] == NOW


def test_the_same_event_twice_counts_twice_in_one_row(own, track, today):
    own.rows(today("trackEvents"))
    track()
    track()
    (row,) = own.rows(today("trackEvents"), {"filter": 'visitorId == "ann@example.com"'})
    assert (row["numEvents"], row["numMinutes"]) == (2, 1)
    assert own.pendo.expected("trackEvents", since=1710129600000).rows == len(own.rows(today("trackEvents")))


def test_an_event_of_an_old_time_or_an_unprocessed_visitor_is_accepted_and_dropped(own, track, today):
    never = own.rows({"source": {"doNotProcessVisitors": None}})[0]["visitorId"]
    before = own.pendo.expected("trackEvents").num_events
    assert track(EVENT | {"timestamp": NOW - 8 * 86_400_000}).status == 200
    assert track(EVENT | {"visitorId": never}).status == 200
    assert own.pendo.expected("trackEvents").num_events == before


@pytest.mark.parametrize("name", ["type", "event", "visitorId", "timestamp"])
def test_a_missing_required_field_is_400_and_named(track, name):
    answer = track({key: value for key, value in EVENT.items() if key != name})
    assert answer.status == 400
    assert name in answer.body.decode()


@pytest.mark.parametrize(
    "change",
    [
        {"type": "page"},
        {"timestamp": "yesterday"},
        {"timestamp": "9" * 20},
        {"timestamp": 1e300},
        {"visitorId": 5},
        {"properties": [1]},
        {"context": "x"},
    ],
)
def test_a_field_of_the_wrong_type_is_400(track, change):
    assert track(EVENT | change).status == 400


@pytest.mark.parametrize(
    "written", ["2024-03-11T15:29:00Z", "2024-03-11T11:29:00-04:00", "2024-03-11 15:29", str(NOW - 60_000)]
)
def test_a_time_may_be_written_as_text(own, track, today, written):
    assert track(EVENT | {"timestamp": written}).status == 200
    (row,) = own.rows(today("trackEvents"), {"filter": 'visitorId == "ann@example.com"'})
    assert row["firstTime"] == NOW - 60_000


def test_an_event_without_an_address_happened_nowhere(own, track, today):
    track(EVENT | {"context": {}})
    for source in ("trackEvents", "events", "singleEvents"):
        (row,) = own.rows(today(source), {"filter": 'visitorId == "ann@example.com"'})
        assert (row["remoteIp"], row["country"], row["region"], row["latitude"], row["longitude"]) == ("", "", "", 0, 0)


@pytest.mark.parametrize("body", [b"", b"{", [EVENT], 5, None])
def test_a_body_that_is_not_one_event_is_400(track, body):
    assert track(json.dumps(body).encode() if body is None else body).status == 400


def test_a_wrong_secret_is_403_with_an_empty_body(own, track):
    for key in ("", "wrong", own.pendo.key):
        answer = track(key=key)
        assert (answer.status, answer.body) == (403, b"")


def test_the_data_host_knows_nothing_else(own):
    assert own.get("/api/v1/page", url=own.pendo.data).status == 403
    assert own.get("/api/v1/page", url=own.pendo.data, key=own.pendo.track_secret).status == 404
    assert own.request("GET", "/data/track", url=own.pendo.data, key=own.pendo.track_secret).status == 404
