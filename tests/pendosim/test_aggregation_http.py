"""POST /api/v1/aggregation as clients use it."""

import csv
import gzip
import io
import json
import socket
import urllib.request
import zlib
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pendosim import running

NOW = 1710171000000


def quoted(value):
    return json.dumps(value, ensure_ascii=False)


def envelope(*stages, mime="application/json"):
    return {"response": {"location": "request", "mimeType": mime}, "request": {"pipeline": list(stages)}}


@settings(max_examples=12, deadline=None)
@given(size=st.integers(1, 400), filter_first=st.booleans())
def test_any_page_size_yields_each_visitor_once(shared, size, filter_first):
    found, last = [], ""
    while True:
        two = [{"sort": ["visitorId"]}, {"filter": f"visitorId > {quoted(last)}"}]
        page = shared.rows(
            {"source": {"visitors": None}},
            *(reversed(two) if filter_first else two),
            {"limit": max(size, 20)},
        )
        found += [row["visitorId"] for row in page]
        if len(page) < max(size, 20):
            break
        last = found[-1]
    assert found == list(shared.pendo.expected("visitors").ids)


@settings(max_examples=5, deadline=None)
@given(size=st.integers(60, 500))
def test_any_page_size_yields_each_event_row_once_with_a_compound_key(shared, size):
    series = {"period": "dayRange", "first": "now()", "count": -4}
    source = {"source": {"pageEvents": {"appId": 'expandAppIds("*")'}, "timeSeries": series}}
    keys = [
        "day",
        "visitorId",
        "pageId",
        "lastTime",
        "remoteIp",
        "appId",
        "userAgent",
        "accountId",
        "firstTime",
    ]
    found, after = [], "true"
    while True:
        page = shared.rows(source, {"filter": after}, {"sort": keys}, {"limit": size})
        found += [json.dumps(row) for row in page]
        if len(page) < size:
            break
        after = _after(keys, page[-1])
    everything = [json.dumps(row) for row in shared.rows(source)]
    assert len({tuple(json.loads(row)[key] for key in keys) for row in everything}) == len(everything)
    assert sorted(found) == sorted(everything)


def _after(keys, row):
    text = f"{keys[-1]} > {quoted(row[keys[-1]])}"
    for key in reversed(keys[:-1]):
        text = f"{key} > {quoted(row[key])} || ({key} == {quoted(row[key])} && ({text}))"
    return text


def test_skip_paging_yields_each_account_once(shared):
    found = []
    for skip in range(0, 40, 7):
        page = shared.rows({"source": {"accounts": None}}, {"sort": ["accountId"]}, {"skip": skip}, {"limit": 7})
        found += [row["accountId"] for row in page]
    assert found == list(shared.pendo.expected("accounts").ids)


def test_a_count_probe_counts(shared):
    assert shared.rows({"source": {"visitors": {"identified": True}}}, {"count": None}) == [
        {"count": shared.pendo.expected("visitors", identified=True).rows}
    ]


def test_identified_in_the_source_and_as_a_stage_are_the_same(shared):
    in_source = shared.rows({"source": {"visitors": {"identified": True}}}, {"sort": ["visitorId"]})
    as_stage = shared.rows({"source": {"visitors": None}}, {"identified": "visitorId"}, {"sort": ["visitorId"]})
    assert in_source == as_stage
    assert len(in_source) < shared.pendo.expected("visitors").rows


def test_the_start_time_accompanies_time_bounded_queries_only(shared, series):
    bounded = shared.aggregate(series("events", "dayRange", "now()", count=-1)).json()
    assert list(bounded) == ["startTime", "results"]
    assert bounded["startTime"] == 1710046800000
    assert list(shared.aggregate({"source": {"accounts": None}}).json()) == ["results"]


def test_nothing_found_is_an_empty_array(shared):
    answer = shared.aggregate({"source": {"visitors": None}}, {"filter": "visitorId == `nobody`"})
    assert answer.body == b'{"results":[]}'


def test_every_odd_id_can_be_looked_for(shared):
    for visitor in shared.pendo.expected("visitors").ids[:40]:
        rows = shared.rows({"source": {"visitors": None}}, {"filter": f"visitorId == {quoted(visitor)}"})
        if not set(visitor) & set("\t\n"):
            assert [row["visitorId"] for row in rows] == [visitor]


def test_an_unescaped_quote_is_a_filter_that_cannot_be_parsed(shared):
    answer = shared.aggregate({"source": {"visitors": None}}, {"filter": 'visitorId == "a"b"'})
    assert (answer.status, answer.body) == (400, b"Cannot parse filter expression")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_rows_without_a_sort_come_in_no_useful_order_but_always_the_same(shared):
    rows = [row["visitorId"] for row in shared.rows({"source": {"visitors": None}})]
    assert rows != sorted(rows)
    assert rows == [row["visitorId"] for row in shared.rows({"source": {"visitors": None}})]


def test_a_time_series_inside_the_parameters_is_a_hint_and_ignored(shared):
    hint = {"period": "hourRange", "first": "1710165600000", "last": "1710169200000"}
    rows = shared.rows({"source": {"visitors": {"identified": True, "timeSeries": hint}}})
    assert len(rows) == shared.pendo.expected("visitors", identified=True).rows


def test_a_csv_answer_has_a_header_and_all_rows(shared):
    select = {"select": {"id": "visitorId", "accounts": "metadata.auto.accountids"}}
    body = envelope({"source": {"visitors": None}}, {"sort": ["visitorId"]}, select, mime="text/csv")
    answer = shared.request("POST", "/api/v1/aggregation", body)
    rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert [row["id"] for row in rows] == list(shared.pendo.expected("visitors").ids)
    assert all(isinstance(json.loads(row["accounts"] or "[]"), list) for row in rows)


def test_an_answer_of_many_blocks_is_whole():
    with running(visitors=6000, events_per_day=0, days=0, now=NOW) as pendo:
        from_http = _visitors(pendo)
        assert sorted(row["visitorId"] for row in from_http) == list(pendo.expected("visitors").ids)


def _visitors(pendo):
    body = json.dumps(envelope({"source": {"visitors": None}})).encode()
    headers = {"x-pendo-integration-key": pendo.key}
    request = urllib.request.Request(f"{pendo.api}/api/v1/aggregation", body, headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["results"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"request": 5}',
        b'{"request": {"pipeline": {}}}',
        b'{"request": {"pipeline": [{"source": {"visitors": null}}, {"limit": 1e400}]}}',
        b'{"request": {"pipeline": [{"source": {"visitors": null}}, {"limit": ' + b"9" * 400 + b"}]}}",
        b'{"response": {"mimeType": "text/xml"}, "request": {"pipeline": [{"source": {"visitors": null}}]}}',
    ],
)
def test_a_body_that_makes_no_sense_is_400_with_a_sentence(shared, body):
    answer = shared.request("POST", "/api/v1/aggregation", body)
    assert answer.status == 400
    assert 0 < len(answer.body) < 200
    assert b"Traceback" not in answer.body


def test_a_body_of_more_than_fifty_megabytes_is_413(shared):
    assert shared.request("POST", "/api/v1/aggregation", b" " * 50_000_001).status == 413
    assert shared.get("/api/v1/token/verify").status == 200


STAGE_ARGUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["visitorId", "a b", "", "n+1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["group", "fields", "field", "a", "count"]), inner, max_size=3)
    ),
    max_leaves=6,
)
OPERATORS = [
    "filter",
    "identified",
    "select",
    "eval",
    "set",
    "sort",
    "limit",
    "skip",
    "count",
    "group",
    "reduce",
    "cat",
]
OPERATORS += [
    "spawn",
    "fork",
    "join",
    "merge",
    "bulkExpand",
    "expand",
    "unwind",
    "unmarshal",
    "switch",
    "segment",
    "wat",
]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(OPERATORS), STAGE_ARGUMENTS, min_size=1, max_size=1), max_size=4))
def test_any_pipeline_is_answered_or_refused(shared, stages):
    answer = shared.aggregate({"source": {"accounts": None}}, *stages)
    assert answer.status in (200, 400)
    if answer.status == 200:
        assert isinstance(answer.json()["results"], list)


@settings(max_examples=60, deadline=None)
@given(STAGE_ARGUMENTS, STAGE_ARGUMENTS)
def test_any_source_is_answered_or_refused(shared, parameters, series):
    answer = shared.aggregate({"source": {"events": parameters, "timeSeries": series}}, {"limit": 1})
    assert answer.status in (200, 400)


def test_a_request_body_may_be_compressed(shared):
    plain = json.dumps(envelope({"source": {"apps": None}})).encode()
    for encoding, body in (("gzip", gzip.compress(plain)), ("deflate", zlib.compress(plain))):
        answer = shared.request("POST", "/api/v1/aggregation", body, Content_Encoding=encoding)
        assert len(answer.json()["results"]) == 3


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("gzip", b"abc", 400),
        ("gzip", gzip.compress(b"{}", mtime=0)[:-9], 400),
        ("gzip", gzip.compress(b" " * 60_000_000, 1, mtime=0), 413),
        ("br", b"abc", 415),
    ],
)
def test_a_compressed_body_that_is_broken_or_too_large_is_refused(shared, encoding, body, status):
    assert shared.request("POST", "/api/v1/aggregation", body, Content_Encoding=encoding).status == status


def test_a_client_that_leaves_in_the_middle_harms_nobody(caplog):
    with running(visitors=5000, events_per_day=0, days=0, now=NOW) as pendo:
        address = urlsplit(pendo.api)
        body = json.dumps(envelope({"source": {"visitors": None}})).encode()
        head = f"POST /api/v1/aggregation HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        for _ in range(3):
            with socket.create_connection((address.hostname, address.port)) as connection:
                connection.sendall(f"{head}x-pendo-integration-key: {pendo.key}\r\n\r\n".encode() + body)
                assert connection.recv(100)
        assert len(_visitors(pendo)) == 5000
    assert caplog.records == []


def test_an_old_client_gets_an_answer_without_chunks(shared):
    address = urlsplit(shared.pendo.api)
    body = json.dumps(envelope({"source": {"apps": None}})).encode()
    head = f"POST /api/v1/aggregation HTTP/1.0\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(f"{head}x-pendo-integration-key: {shared.pendo.key}\r\n\r\n".encode() + body)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert len(json.loads(received.split(b"\r\n\r\n", 1)[1])["results"]) == 3
