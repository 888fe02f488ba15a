"""What goes wrong on purpose, when, and how often."""

import http.client
import json
import time

import pytest

from pendosim import Fault
from pendosim.faults import KINDS, Faults, fault_of, fault_of_text
from pendosim.values import to_json

VISITORS = {"source": {"visitors": None}}


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("rate_limited", 429, b"Too Many Requests"),
        ("server_error", 500, b'"internal error"'),
        ("timeout", 408, b""),
        ("forbidden", 403, b""),
        ("rate_limit_exceeded", 403, b'{"reason":"rateLimitExceeded"}'),
    ],
)
def test_an_answer_takes_the_place_of_the_real_one_once(own, kind, status, body):
    own.pendo.faults.add(kind)
    answer = own.get("/api/v1/page")
    assert (answer.status, answer.body) == (status, body)
    assert own.get("/api/v1/page").status == 200


def test_an_unavailable_service_answers_html(own):
    own.pendo.faults.add("unavailable")
    answer = own.get("/api/v1/page")
    assert (answer.status, answer.headers["Content-Type"][:9]) == (503, "text/html")


def test_retry_after_is_sent_only_when_asked_for(own):
    own.pendo.faults.add("rate_limited")
    assert "Retry-After" not in own.get("/api/v1/page").headers
    own.pendo.faults.add("rate_limited", retry_after=7)
    assert own.get("/api/v1/page").headers["Retry-After"] == "7"


def test_a_fault_waits_for_the_nth_matching_request(own):
    own.pendo.faults.add("server_error", path="/api/v1/page", nth=2, times=2)
    own.get("/api/v1/feature")
    assert [own.get("/api/v1/page").status for _ in range(4)] == [200, 500, 500, 200]


def test_a_fault_can_be_tied_to_a_source(own):
    own.pendo.faults.add("server_error", source="accounts", times=None)
    assert own.aggregate(VISITORS).status == 200
    assert own.aggregate({"source": {"accounts": None}}).status == 500
    assert own.aggregate({"source": {"accounts": None}}).status == 500


def test_a_probable_fault_strikes_the_same_requests_for_the_same_seed():
    struck = []
    for _ in range(2):
        faults = Faults()
        faults.add("timeout", probability=0.5, times=None, seed=3)
        struck.append([bool(faults.strike("/x", "")) for _ in range(40)])
    assert struck[0] == struck[1]
    assert 5 < sum(struck[0]) < 35


def test_a_reset_breaks_the_connection_in_the_body(own):
    own.pendo.faults.add("reset", after_bytes=2000)
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        own.aggregate(VISITORS)
    assert own.aggregate(VISITORS).status == 200


@pytest.mark.parametrize("after", [0, 1, 20, 3000, 10**9, "first row", "last row"])
def test_a_truncated_answer_ends_normally_in_the_middle_of_a_row(own, after):
    whole = own.aggregate(VISITORS).body
    rows = json.loads(whole)["results"]
    places = {"last row": len(whole) - 2, "first row": len(b'{"results":[') + len(to_json(rows[0]))}
    own.pendo.faults.add("truncate", after_bytes=places.get(after, after))
    answer = own.aggregate(VISITORS)
    assert answer.status == 200
    assert whole.startswith(answer.body)
    for ending in (b"", b"]}"):
        with pytest.raises(json.JSONDecodeError):
            json.loads(answer.body + ending)


@pytest.mark.parametrize("after", [0, 3000, 10**9])
def test_an_answer_truncated_between_rows_lacks_only_its_end(own, after):
    own.pendo.faults.add("truncate_between", after_bytes=after)
    answer = own.aggregate(VISITORS)
    rows = json.loads(answer.body + b"]}")["results"]
    assert answer.body.endswith(b"}}")
    assert 0 < len(rows) <= own.pendo.expected("visitors").rows
    assert (len(rows) == own.pendo.expected("visitors").rows) == (after > 3000)


def test_a_list_can_be_truncated_too(own):
    own.pendo.faults.add("truncate", after_bytes=100)
    assert own.get("/api/v1/page").body == own.get("/api/v1/page").body[:100]


@pytest.mark.parametrize("after", [0, 500, 10**9])
def test_a_list_truncated_between_rows_lacks_only_its_end(own, after):
    whole = own.get("/api/v1/page?expand=*").json()
    own.pendo.faults.add("truncate_between", path="/api/v1/page", after_bytes=after)
    rows = json.loads(own.get("/api/v1/page?expand=*").body + b"]")
    assert rows == whole[: len(rows)]
    assert len(rows) > 0
    assert (len(rows) == len(whole)) == (after > 500)


def test_null_results_is_200(own):
    own.pendo.faults.add("null_results")
    assert own.aggregate(VISITORS).json() == {"results": None}


def test_rows_can_be_restated_between_two_readings(own, series):
    window = series("events", "dayRange", "now()", count=-3)
    own.pendo.faults.add("restated", source="events", nth=2, events=30)
    own.pendo.faults.add("restated", source="events", nth=3, events=-12)
    before, more, fewer, after = (own.rows(window) for _ in range(4))
    totals = [sum(row["numEvents"] for row in rows) for rows in (before, more, fewer, after)]
    assert totals[0] < totals[1] > totals[2] == totals[3]
    assert {row["visitorId"] for row in more} == {row["visitorId"] for row in before}
    expected = own.pendo.expected("events", since=1709874000000, until=1710129600000)
    assert totals[-1] == expected.num_events


def test_rows_can_lose_their_automatic_metadata(own):
    own.pendo.faults.add("no_auto")
    rows = own.rows(VISITORS)
    assert len(rows) == own.pendo.expected("visitors").rows
    assert not any("auto" in row["metadata"] for row in rows)
    assert any("auto" in row["metadata"] for row in own.rows(VISITORS))


def test_a_delay_is_a_time_to_think(own):
    own.pendo.faults.add("delay", seconds=0.2)
    started = time.monotonic()
    assert own.get("/api/v1/page").status == 200
    assert time.monotonic() - started >= 0.2


def test_a_drip_is_slow_but_whole(own):
    own.pendo.faults.add("drip", bytes_per_second=100_000)
    started = time.monotonic()
    rows = own.rows(VISITORS)
    assert time.monotonic() - started >= 0.15
    assert len(rows) == own.pendo.expected("visitors").rows


def test_faults_are_set_listed_and_cleared_over_the_control_listener(own):
    added = own.control("POST", "/faults", {"kind": "forbidden", "path": "/api/v1/guide"})
    assert added.status == 200
    assert own.get("/api/v1/guide").status == 403
    (listed,) = own.control("GET", "/faults").json()
    assert (listed["kind"], listed["struck"]) == ("forbidden", 1)
    own.control("DELETE", "/faults")
    assert own.control("GET", "/faults").json() == []


TOO_MUCH = [{"kind": "delay", "seconds": 1e308}, {"kind": "restated", "events": 10**12}]


@pytest.mark.parametrize(
    "body", [5, {}, {"kind": "wat"}, {"kind": "reset", "wat": 1}, {"kind": "reset", "nth": 0}, *TOO_MUCH]
)
def test_a_fault_that_makes_no_sense_is_refused(own, body):
    answer = own.control("POST", "/faults", body)
    assert answer.status == 400
    assert answer.body


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "reset", "nth": "x"},
        {"kind": ["a"]},
        {"kind": "delay", "seconds": None},
        {"kind": "forbidden", "path": 5},
        {"kind": "reset", "after_bytes": 1.5},
        {"kind": "forbidden", "seed": []},
        {"kind": "rate_limited", "retry_after": "soon"},
    ],
)
def test_a_fault_of_wrong_types_is_refused(body):
    with pytest.raises(ValueError, match="fault"):
        fault_of(body)


def test_a_fault_can_be_written_as_text():
    fault = fault_of_text("rate_limited,path=/api/v1/page,times=always,retry_after=3,probability=0.5")
    assert fault == Fault("rate_limited", path="/api/v1/page", times=None, retry_after=3, probability=0.5)
    for bad in ("wat", "reset,after", "reset,wat=1", "reset,nth=x"):
        with pytest.raises(ValueError, match="fault"):
            fault_of_text(bad)


def test_every_kind_can_be_armed():
    for kind in KINDS:
        assert Faults().add(kind).kind == kind


def test_the_log_names_requests_but_holds_no_credential(own):
    own.aggregate(VISITORS)
    own.get("/api/v1/page?expand=*", key="wrong")
    aggregation, page = own.pendo.requests
    assert (aggregation.method, aggregation.source, aggregation.key, aggregation.status) == (
        "POST",
        "visitors",
        "key",
        200,
    )
    assert aggregation.bytes > 1000
    assert (page.path, page.key, page.status, page.bytes) == ("/api/v1/page?expand=*", "unknown", 403, 0)
    listed = own.control("GET", "/requests")
    assert len(listed.json()) == 2
    assert own.pendo.key.encode() not in listed.body
    assert b"wrong" not in listed.body


def test_the_control_listener_tells_the_truth_and_sets_the_clock(own):
    expected = own.control("GET", "/expected?resource=pageEvents&unit=hour&since=1710000000000").json()
    assert expected["rows"] == own.pendo.expected("pageEvents", unit="hour", since=1710000000000).rows
    assert own.control("POST", "/clock", {"now": 1710200000000}).json() == {"now": 1710200000000}
    assert own.pendo.clock.now() == 1710200000000
    assert own.control("POST", "/clock", {"now": "x"}).status == 400
    assert own.control("GET", "/expected?resource=wat").status == 400
    assert own.control("GET", "/expected?resource=events&unit=wat").body.startswith(b"unit is 'wat'; wanted one of")
    assert own.control("GET", "/wat").status == 404
