"""Requests as Pendo and the authors of public clients print them, but for names, ids and times."""

import json

import pytest

from pendosim import running

NOW = 1710171000000
GUIDE, POLL, REASON, SEGMENT, PAGE = "<guide>", "<poll>", "<reason>", "<segment>", "<page>"


@pytest.fixture(scope="module")
def pendo():
    with running(visitors=250, accounts=25, days=40, events_per_day=120, apps=2, seed=11, now=NOW) as found:
        yield found


@pytest.fixture
def ask(pendo, shared):
    survey = pendo.world.guides[0]
    names = {GUIDE: survey["id"], POLL: survey["polls"][0]["id"], REASON: survey["polls"][1]["id"]}
    names |= {SEGMENT: pendo.world.segments[0]["id"], PAGE: pendo.world.definitions.pages[0]["id"]}

    def answered(envelope):
        text = json.dumps(envelope)
        for name, real in names.items():
            text = text.replace(name, real)
        answer = shared.request("POST", "/api/v1/aggregation", text.encode(), url=pendo.api, key=pendo.key)
        assert answer.status == 200, answer.body
        return answer.json()

    return answered


def events(series, **parameters):
    return {"source": {"events": parameters or None, "timeSeries": series}}


def days(count, first="now()"):
    return {"period": "dayRange", "first": first, "count": count}


ALL = 'expandAppIds("*")'
HOURS = {"period": "hourRange", "first": "1710082800000", "last": "1710169200000"}
BY_PAGE = [{"n": {"sum": "numEvents"}}]
OF_SEGMENT = [
    {"source": {"visitors": None}},
    {"identified": "visitorId"},
    {"eval": {"accountId": "metadata.auto.accountids"}},
    {"unwind": {"field": "accountId", "keepEmpty": True}},
    {"bulkExpand": {"account": {"account": "accountId"}}},
    {"segment": {"id": SEGMENT}},
    {"group": {"group": ["visitorId"]}},
]
DAILY_ACTIVE = [
    events(days(-7), appId=ALL),
    {"identified": "visitorId"},
    {"reduce": {"visitors": {"count": "visitorId"}}},
]
VISITORS_BY_ID = [
    {"source": {"visitors": {"identified": True}}},
    {"sort": ["visitorId"]},
    {"filter": 'visitorId > "ann@example.com"'},
    {"limit": 100000},
]
CHANGED_VISITORS = [
    {"source": {"visitors": {"identified": True, "timeSeries": HOURS}}},
    {"filter": "metadata.auto.lastupdated >= 1709000000000"},
    {"sort": ["metadata.auto.lastupdated", "visitorId"]},
    {"limit": 1000},
]
LATE_PAGE_EVENTS = [
    {"source": {"pageEvents": {"appId": ALL}, "timeSeries": HOURS}},
    {"filter": "lastTime >= 1710082800000 && hour < 1710140400000 && lastTime <= 1710140399999"},
    {"sort": ["lastTime", "pageId"]},
    {"limit": 50000},
]
TOP_PAGES = [
    {"source": {"pageEvents": {"appId": ALL}, "timeSeries": days(-30)}},
    {"group": {"group": ["pageId"], "fields": BY_PAGE}},
    {"sort": ["-n"]},
    {"limit": 10},
    {"expand": {"page": {"page": "pageId"}}},
]
BROWSER_MIX = [
    events(days(-30), appId=ALL),
    {"useragent": {"ua": "userAgent"}},
    {"group": {"group": ["ua.name", "ua.os"], "fields": {"n": {"count": "visitorId"}}}},
    {"sort": ["-n"]},
]
PIPELINES = {
    "daily active": DAILY_ACTIVE,
    "visitors by id": VISITORS_BY_ID,
    "how many visitors": [*VISITORS_BY_ID[:3], {"count": None}],
    "changed visitors": CHANGED_VISITORS,
    "late page events": LATE_PAGE_EVENTS,
    "accounts by skip": [{"source": {"accounts": None}}, {"sort": ["accountId"]}, {"skip": 5}, {"limit": 5000}],
    "pages again": [{"source": {"pages": None}}, {"sort": ["lastUpdatedAt"]}, {"limit": 100}],
    "poll ids": [
        {"source": {"guides": None}},
        {"filter": f"id == `{GUIDE}`"},
        {"select": {"rating": "polls[0].id", "comment": "polls[1].id"}},
    ],
    "poll events": [
        {"source": {"pollEvents": {"appId": ALL}, "timeSeries": days(-40)}},
        {"filter": f"pollId == `{POLL}`"},
    ],
    "application ids": [
        {"source": {"singleEvents": {"appId": ALL}, "timeSeries": days(-7)}},
        {"group": {"group": ["appId"]}},
        {"select": {"appId": "appId"}},
    ],
    "monthly active": [
        events(days(30, "now() - 30*1000*60*60*24"), appId=ALL),
        {"identified": "visitorId"},
        {"reduce": {"n": {"count": "visitorId"}}},
    ],
    "active by day": [
        events(days(30, "now() - 30 * 1000 * 60 * 60 * 24"), appId=ALL),
        {"group": {"group": ["day"], "fields": [{"n": {"count": "visitorId"}}]}},
        {"sort": ["day"]},
    ],
    "segment members": OF_SEGMENT,
    "browser mix": BROWSER_MIX,
    "top pages": TOP_PAGES,
    "guide funnel": [
        {"source": {"guideEvents": {"appId": ALL}, "timeSeries": days(-30)}},
        {"group": {"group": ["guideStepId", "type"], "fields": [{"n": {"count": "visitorId"}}]}},
    ],
    "lengths of lists": [{"source": {"visitors": None}}, {"select": {"n": "len(metadata.auto.accountids)"}}],
    "list of constants": [{"source": {"const": [{"a": 1}, {"a": 2}]}}],
    "a quarter": [events({"period": "dayRange", "first": "date(2024,1,1)", "last": "date(2024,3,31)"})],
    "hours as texts": [events({"period": "hourRange", "first": "1710165600000", "last": "now()"})],
    "backticks": [
        {"source": {"guideEvents": None, "timeSeries": days(-30)}},
        {"filter": "type == `guideActivity`"},
        {"unmarshal": {"actions": "uiElementActions"}},
        {"unwind": {"field": "actions", "index": "i", "keepEmpty": True, "prefix": False}},
    ],
    "object filter": [
        {"source": {"visitors": None}},
        {"filter": {"field": "metadata.agent.isadmin", "operator": "==", "value": True}},
    ],
    "reduce as a list": [events(days(-7)), {"reduce": [{"events": {"sum": "numEvents"}}]}],
    "named answers": [
        {"source": {"pollEvents": {"appId": ALL}, "timeSeries": days(-40)}},
        {"switch": {"out": {"pollResponse": [{"value": "1", "==": 9}, {"value": "2", "==": 10}]}}},
        {"filter": "!isNull(out)"},
    ],
    "account of events": [
        events(days(-7)),
        {"bulkExpand": {"out": {"account": "accountId"}}},
        {"filter": "!isNull(out.auto.id)"},
    ],
    "forced keys": [
        {"source": {"visitors": None}},
        {"eval": {"status": "if(metadata.auto.lastvisit > 0, `active`, `churned`)"}},
        {
            "group": {
                "group": ["status"],
                "fields": [{"n": {"count": None}}],
                "forceKeys": {"status": 'list("active","churned","trial")'},
            }
        },
    ],
    "first and last in one": [
        {"source": {"visitors": None}},
        {"identified": "visitorId"},
        {
            "fork": [
                [{"group": {"group": ["visitorId"], "fields": [{"first": {"max": "metadata.auto.firstvisit"}}]}}],
                [{"group": {"group": ["visitorId"], "fields": [{"last": {"min": "metadata.auto.lastvisit"}}]}}],
            ]
        },
        {"join": {"fields": ["visitorId"], "width": 2}},
        {"sort": ["-last"]},
        {"limit": 20},
    ],
    "pages of product areas": [
        {"source": {"pageEvents": {"appId": ALL}, "timeSeries": days(-7)}},
        {
            "merge": {
                "fields": ["pageId"],
                "mappings": {"groupId": "group.id"},
                "pipeline": [
                    {"source": {"pages": {"appId": []}}},
                    {"filter": "!isNil(group.id)"},
                    {"eval": {"pageId": "id"}},
                ],
            }
        },
        {"group": {"group": ["groupId"], "fields": {"n": {"sum": "numEvents"}}}},
    ],
    "months of days": [
        events({"period": "dayRange", "first": 'dateAdd(startOfPeriod("daily", now()), -30, "days")', "count": 30}),
        {"select": {"on": 'formatTime("2006-01-02", day)', "n": "numEvents"}},
    ],
    "days active": [
        {"source": {"timespan": {"kind": "visitor", "appId": ALL}}},
        {"identified": "visitorId"},
        {"group": {"group": ["visitorId"], "fields": {"activeDays": {"daysActiveUnion": "activeDays"}}}},
    ],
}


@pytest.mark.parametrize("name", PIPELINES)
def test_a_printed_pipeline_is_answered_with_rows(ask, name):
    answer = ask(
        {"response": {"location": "request", "mimeType": "application/json"}, "request": {"pipeline": PIPELINES[name]}}
    )
    assert answer["results"]
    assert ("startTime" in answer) == ("timeSeries" in PIPELINES[name][0]["source"])


@pytest.mark.parametrize(
    "around",
    [
        {"response": {}},
        {"channelId": "", "response": {"location": "request", "mimeType": "application/json"}},
        {"response": {"mimeType": "application/json", "rowsPerPage": 5, "startRow": 2}},
        {},
    ],
)
def test_an_envelope_may_hold_more_or_less(ask, around):
    request = {"requestId": "", "name": "n", "sort": ["x"], "pipeline": VISITORS_BY_ID}
    assert ask(around | {"request": request}) == ask({"request": {"pipeline": VISITORS_BY_ID}})


def nps():
    def poll(name, fields):
        source = {"source": {"pollsSeenEver": {"guideId": GUIDE, "pollId": name}}}
        return [source, {"identified": "visitorId"}, {"select": {"visitorId": "visitorId"} | fields}]

    rated = poll(POLL, {"accountId": "accountId", "ratedAt": "time", "rating": "response"})
    said = poll(REASON, {"comment": "response"})
    return [{"spawn": [rated, said]}, {"join": {"fields": ["visitorId"], "width": 2}}, {"sort": ["ratedAt"]}]


def test_a_visitor_who_rated_but_said_nothing_has_a_row_without_comment(ask):
    rows = ask({"request": {"pipeline": nps()}})["results"]
    assert any("rating" in row and "comment" in row for row in rows)
    assert any("rating" in row and "comment" not in row for row in rows)
    times = [row.get("ratedAt") for row in rows]
    assert times == sorted(times, key=lambda time: (time is not None, time or 0))


def test_the_first_and_last_pages_of_a_keyset_walk_meet(ask):
    """`visitorId > ""` begins; fewer rows than the limit end it."""
    found, last = [], ""
    while True:
        stages = [
            {"source": {"visitors": {"identified": True}}},
            {"sort": ["visitorId"]},
            {"filter": f"visitorId > {json.dumps(last)}"},
            {"limit": 60},
        ]
        page = [row["visitorId"] for row in ask({"request": {"name": "visitors", "pipeline": stages}})["results"]]
        found += page
        if len(page) < 60:
            break
        last = page[-1]
    assert found == sorted(set(found))
    assert len(found) == ask({"request": {"pipeline": [*stages[:1], {"count": None}]}})["results"][0]["count"]


def test_a_page_of_one_timestamp_is_walked_by_id(ask):
    first = ask({"request": {"pipeline": LATE_PAGE_EVENTS}})["results"][0]
    stages = [
        LATE_PAGE_EVENTS[0],
        {"filter": f"lastTime == {first['lastTime']} && pageId >= {json.dumps(first['pageId'])}"},
        {"sort": ["lastTime", "pageId"]},
    ]
    rows = ask({"request": {"pipeline": stages}})["results"]
    assert first in rows
    assert {row["lastTime"] for row in rows} == {first["lastTime"]}
