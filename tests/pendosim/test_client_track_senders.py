"""The conversation of track senders: one event a request, on either host, answered 200 with nothing."""

import pytest

HOUR = 3_600_000


def event(client, number, **changed):
    return {
        "type": "track",
        "event": "Invoice Exported",
        "visitorId": f"sender-{number % 3}@example.com",
        "accountId": "acme",
        "timestamp": client.pendo.clock.now() - number * HOUR,
        "properties": {"plan": "pro", "amount": 42.5, "first": True},
        "context": {"ip": "203.0.113.7", "userAgent": "Mozilla/5.0", "url": "https://app.example.com/", "title": "x"},
    } | changed


def sent(client, body, **settings):
    return client.request("POST", "/data/track", body, key=client.pendo.track_secret, **settings)


def test_events_are_accepted_on_both_hosts_and_counted_each_once(own):
    before = own.pendo.expected("trackEvents")
    for number in range(10):
        url = own.pendo.data if number % 2 else own.pendo.api
        answer = sent(own, event(own, number), url=url, Content_Type="application/json")
        assert (answer.status, answer.body) == (200, b"")
    after = own.pendo.expected("trackEvents")
    assert after.num_events == before.num_events + 10
    assert set(after.ids) - set(before.ids) == {f"sender-{number}@example.com" for number in range(3)}
    (found,) = [one for one in own.get("/api/v1/tracktype").json() if one["trackTypeName"] == "Invoice Exported"]
    window = {"period": "hourRange", "first": "now()", "count": -30}
    today = {"period": "hourRange", "first": "now()", "count": 1}
    rows = [
        row
        for series in (window, today)
        for row in own.rows({"source": {"trackEvents": {"trackTypeId": found["id"]}, "timeSeries": series}})
    ]
    assert sum(row["numEvents"] for row in rows) == 10
    assert {row["properties"]["amount"] for row in rows} == {42.5}


def test_the_same_event_sent_twice_is_two(own):
    before = own.pendo.expected("events").num_events
    for _ in range(2):
        assert sent(own, event(own, 1), url=own.pendo.data).status == 200
    assert own.pendo.expected("events").num_events == before + 2


def test_an_old_event_is_accepted_and_never_seen(own):
    before = own.pendo.expected("trackEvents")
    old = event(own, 0, timestamp=own.pendo.clock.now() - 8 * 24 * HOUR)
    assert sent(own, old, url=own.pendo.data).status == 200
    assert own.pendo.expected("trackEvents") == before


@pytest.mark.parametrize("missing", ["type", "event", "visitorId", "timestamp"])
def test_an_event_without_what_it_needs_is_refused(shared, missing):
    body = event(shared, 0)
    del body[missing]
    answer = sent(shared, body, url=shared.pendo.data)
    assert (answer.status, missing.encode() in answer.body) == (400, True)


def test_an_integration_key_does_not_open_the_data_host(shared):
    answer = shared.request("POST", "/data/track", event(shared, 0), url=shared.pendo.data)
    assert (answer.status, answer.body) == (403, b"")
