"""Bulk deletion: from the request to the receipt, and what is left of the erased."""

import pytest

from pendosim import running

from .conftest import NOW, Client

VISITOR, ACCOUNT = "/api/v1/bulkdelete/visitor", "/api/v1/bulkdelete/account"
DAYS = {"period": "dayRange", "first": "now()", "count": -30}


def busy(own, name="visitorId"):
    rows = own.rows({"source": {"events": {"appId": 'expandAppIds("*")'}, "timeSeries": DAYS}})
    return next(row[name] for row in rows if row[name])


def left(own, source, name, who):
    stage = {"source": {source: {"appId": 'expandAppIds("*")'}, "timeSeries": DAYS}}
    return [row for row in own.rows(stage) if row.get(name) == who]


def test_a_request_is_outstanding_until_it_is_done_and_then_a_receipt(own):
    own.pendo.lags.change(erase_delay=3600)
    who = busy(own)
    begun = own.request("POST", VISITOR, {"visitors": [who]})
    assert begun.status == 200
    request = begun.json()
    assert (request["kind"], request["ids"], request["status"], request["createdAt"]) == (
        "visitor",
        [who],
        "pending",
        NOW,
    )
    assert own.get("/api/v1/bulkdelete").json() == [request]
    own.pendo.clock.advance(3600)
    assert own.get("/api/v1/bulkdelete").json() == []
    done = own.get(f"/api/v1/bulkdelete/{request['id']}").json()
    assert done == request | {"status": "complete", "completedAt": NOW + 3_600_000}


def test_the_ids_are_never_processed_from_the_first_moment_and_their_events_go_at_the_end(own):
    own.pendo.lags.change(erase_delay=3600)
    who = busy(own)
    events = own.pendo.expected("events").num_events
    own.request("POST", VISITOR, {"visitors": [who, "never-seen"]})
    flagged = {row["visitorId"] for row in own.rows({"source": {"doNotProcessVisitors": None}})}
    assert {who, "never-seen"} <= flagged
    assert left(own, "events", "visitorId", who)
    own.pendo.clock.advance(3600)
    for source in ("events", "pageEvents", "featureEvents", "trackEvents", "guideEvents", "pollEvents", "singleEvents"):
        assert left(own, source, "visitorId", who) == []
    assert own.pendo.expected("events").num_events < events
    assert who not in own.pendo.expected("events").ids
    assert who not in own.pendo.expected("visitors").ids
    assert who not in own.pendo.expected("guideEvents").ids
    assert len(own.rows({"source": {"visitors": None}})) == own.pendo.expected("visitors").rows
    assert {"visitorId": who} in own.rows({"source": {"doNotProcessVisitors": None}})


def test_others_keep_every_row(own):
    who = busy(own)
    before = [row for row in own.rows({"source": {"visitors": None}}) if row["visitorId"] != who]
    own.request("POST", VISITOR, {"visitors": [who]})
    assert own.rows({"source": {"visitors": None}}) == before


def test_accounts_are_erased_with_their_events(own):
    who = busy(own, "accountId")
    own.request("POST", ACCOUNT, {"accounts": [who]})
    assert left(own, "events", "accountId", who) == []
    assert who not in own.pendo.expected("accounts").ids
    assert own.rows({"source": {"doNotProcessAccounts": None}}) == [{"accountId": who}]


def test_a_visitor_is_gone_from_single_reads_too(own):
    own.request("POST", "/api/v1/metadata/visitor/custom/value?create=true", [{"visitorId": "ann", "values": {}}])
    own.request("POST", VISITOR, {"visitors": ["ann"]})
    assert own.get("/api/v1/visitor/ann").status == 404


def test_five_hundred_ids_are_the_most(own):
    ids = [f"v{number}" for number in range(501)]
    assert own.request("POST", VISITOR, {"visitors": ids[:500]}).status == 200
    answer = own.request("POST", VISITOR, {"visitors": ids})
    assert (answer.status, answer.body) == (400, b"visitors holds 501 ids; wanted at most 500")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        [],
        ["a"],
        {},
        {"visitors": []},
        {"visitors": "a"},
        {"visitors": [5]},
        {"visitors": [""]},
        {"accounts": ["a"]},
    ],
)
def test_a_body_that_makes_no_sense_is_400(own, body):
    answer = own.request("POST", VISITOR, body)
    assert (answer.status, bool(answer.body)) == (400, True)
    assert own.get("/api/v1/bulkdelete").json() == []


def test_an_unknown_request_is_404(own):
    assert own.get("/api/v1/bulkdelete/nosuch").status == 404


def test_more_than_one_call_a_second_is_429_where_that_is_switched_on():
    with running(visitors=5, accounts=1, days=1, events_per_day=5, now=NOW, throttle=True) as pendo:
        own = Client(pendo)
        calls = [own.request("POST", VISITOR, {"visitors": ["a"]}).status for _ in range(2)]
        pendo.clock.advance(1)
        calls.append(own.request("POST", VISITOR, {"visitors": ["a"]}).status)
    assert calls == [200, 429, 200]


def test_nothing_that_was_still_on_its_way_brings_the_erased_back(own):
    own.pendo.lags.change(ingest_lag=60, metadata_lag=60, erase_delay=30)
    who = next(one for one in own.pendo.expected("visitors").ids if one.isascii() and one.isalnum() and len(one) < 60)
    event = {"type": "track", "event": "Late", "visitorId": who, "timestamp": NOW}
    own.request("POST", "/data/track", event, url=own.pendo.data, key=own.pendo.track_secret)
    own.request("PUT", f"/api/v1/metadata/visitor/custom/value/{who}/plan", b'"pro"')
    own.request("POST", VISITOR, {"visitors": [who]})
    own.pendo.clock.advance(120)
    assert who not in own.pendo.expected("visitors").ids
    assert own.get(f"/api/v1/visitor/{who}").status == 404
    assert left(own, "events", "visitorId", who) == []


def test_one_who_is_made_again_after_the_erasure_is_there_and_never_processed(own):
    where = "/api/v1/metadata/visitor/custom/value?create=true"
    body = [{"visitorId": "ann", "values": {"plan": "pro"}}]
    own.request("POST", where, body)
    own.request("POST", VISITOR, {"visitors": ["ann"]})
    own.request("POST", where, body)
    assert own.get("/api/v1/visitor/ann").json()["metadata"] == {"pendo": {"donotprocess": True}}
    assert "ann" in own.pendo.expected("visitors").ids


def test_an_unknown_field_of_a_request_is_named(own):
    answer = own.request("POST", VISITOR, {"visitors": ["a"], "really": True})
    assert (answer.status, answer.body) == (400, b"the body has no 'really'; wanted visitors")
    assert own.get("/api/v1/bulkdelete").json() == []
