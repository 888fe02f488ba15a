"""Files written by hand: the least that their lines may hold is enough for every endpoint."""

import json

import pytest

from pendosim import running
from pendosim.aggregation.sources import SOURCES
from pendosim.web.listener import API_ROUTES

from .conftest import ALL_APPS, NOW, Client

APP = -323232
TIMED = {"timeSeries": {"period": "dayRange", "first": "now()", "count": -3}}
TAGGED = {"name": "N", "appId": APP, "createdAt": NOW - 900_000_000}
GROUP = {"group": {"id": "g", "name": "G"}}
GUIDE = {"state": "staged", "rootVersionId": "u", "steps": [{"id": "s"}], "polls": [{"id": "q"}]}
EVENT = {"time": NOW - 4_000_000, "visitorId": "v", "appId": APP}
SEEN = {"visitorId": "v", "appId": APP, "browserTime": NOW - 4_000_000, "eventId": "e", "guideId": "u"}
PIPELINE = [{"source": {"visitors": None}}]
REPORT = {"target": "visitor", "aggregation": {"pipeline": PIPELINE, "fields": [{"field": "visitorId"}]}}
FILES = {
    "pages": [{"id": "p", **TAGGED, **GROUP, "rules": [{"designerHint": "https://x/1"}]}],
    "features": [{"id": "f", **TAGGED, **GROUP, "elementPathRules": ["a"]}],
    "track_types": [{"id": "t", **TAGGED, "trackTypeName": "T"}],
    "guides": [{"id": "u", **TAGGED, **GUIDE}],
    "segments": [
        {"id": "s", "name": "S", "shared": True, "createdByApi": False, "pipeline": PIPELINE},
        {"id": "o", "name": "O", "shared": True, "createdByApi": False, "pipeline": [{"source": {"accounts": None}}]},
    ],
    "reports": [{"id": "r", "name": "R", "shared": True, **REPORT}],
    "visitors": [
        {"visitorId": "v", "metadata": {}},
        {"visitorId": "w", "metadata": {"auto": {}, "custom": {"x": [1]}}},
    ],
    "accounts": [{"accountId": "a", "metadata": {}}],
    "events": [
        {**EVENT, "kind": "page", "item": "p"},
        {**EVENT, "kind": "feature", "item": "f", "accountId": "a"},
        {**EVENT, "kind": "track", "item": "t", "session": 10, "visitorId": "unknown"},
        {**EVENT, "kind": "other", "userAgent": "curl", "ip": "192.0.2.250"},
    ],
    "guide_events": [{**SEEN, "guideStepId": "s", "type": "guideSeen"}],
    "poll_events": [{**SEEN, "accountId": "", "pollId": "q", "pollResponse": 5}],
    "conversations": [],
}
NAMES = {"guide": "u", "report": "r", "segment": "s", "visitor": "v", "account": "a", "bulkdelete": "b"}
BODIES = [{}, {"state": "public"}, {"id": "s"}, {"visitors": ["v"]}, [{"visitorId": "w", "values": {"a": 1}}], ["v"]]


@pytest.fixture(scope="module")
def least(tmp_path_factory):
    place = tmp_path_factory.mktemp("least") / "state"
    with running(visitors=3, accounts=1, days=1, events_per_day=3, now=NOW) as pendo:
        pendo.save(place)
    for name, lines in FILES.items():
        (place / f"{name}.jsonl").write_text("\n\n".join(map(json.dumps, lines)))
    with running(load=str(place), now=NOW) as pendo:
        yield Client(pendo)


def test_a_segment_whose_pipeline_finds_no_visitors_is_refused_where_it_is_asked_for(least):
    assert least.rows(*PIPELINE, {"segment": {"id": "s"}}, {"count": None}) == [{"count": 2}]
    answer = least.aggregate(*PIPELINE, {"segment": {"id": "o"}})
    assert (answer.status, answer.body) == (400, b"the pipeline of the segment finds rows without a visitorId")


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_every_source_bears_the_least_that_lines_may_hold(least, source):
    for series in ({}, TIMED):
        stages = {"source": {source: ALL_APPS, **series}}, {"expand": {"v": {"visitor": "visitorId"}}}
        assert least.aggregate(*stages).status in (200, 400)


def test_rows_are_those_of_the_files(least):
    by_id = [{"sort": ["visitorId"]}]
    assert least.rows({"source": {"visitors": None}}, *by_id) == FILES["visitors"]
    hours = {"timeSeries": {"period": "hourRange", "first": "now()", "count": -5}}
    rows = least.rows({"source": {"events": None, **hours}}, {"sort": ["visitorId", "userAgent"]})
    # Account, agent or address tell three of v's events apart in no other way.
    assert [(row["visitorId"], row["userAgent"], row["numEvents"]) for row in rows] == [
        ("unknown", "", 1),
        ("v", "", 1),
        ("v", "", 1),
        ("v", "curl", 1),
    ]
    assert least.get("/api/v1/account/a").json()["metadata"] == {}


def path_of(route):
    parts = [NAMES.get(route.pattern[2], "x") if part.startswith("{") else part for part in route.pattern]
    return "/" + "/".join(parts)


@pytest.mark.parametrize("route", API_ROUTES, ids=lambda route: f"{route.method} {'/'.join(route.pattern)}")
def test_every_endpoint_bears_the_least_that_lines_may_hold(least, route):
    for body in [None] if route.method == "GET" else BODIES:
        assert least.request(route.method, path_of(route), body).status < 500


def test_after_all_that_an_event_of_a_visitor_without_times_is_counted(least):
    event = {"type": "track", "event": "N", "visitorId": "w", "accountId": "a", "timestamp": NOW - 5000}
    assert least.request("POST", "/data/track", event, key=least.pendo.track_secret).status == 200
    assert least.aggregate({"source": {"visitors": None}}).status == 200
