"""The operators that look something up, try rules, cut lists and join."""

import time

import pytest

from pendosim import Options, SettableClock
from pendosim.aggregation.pipeline import pipeline_of
from pendosim.errors import NotBuilt, Refused
from pendosim.values import plain_json
from pendosim.world.world import World

NOW = 1710171000000
ALL = {"appId": 'expandAppIds("*")'}
WORLD = World(Options(visitors=120, accounts=15, days=5, events_per_day=200, apps=2, seed=9), SettableClock(NOW))
SINGLE = {"source": {"singleEvents": ALL}}


def answer(*stages):
    return list(pipeline_of(list(stages), WORLD, WORLD.environment()).rows())


def made(rows, *stages):
    return answer({"source": {"const": rows}}, *stages)


def test_item_seen_tells_when_and_how_often_each_visitor_used_a_page():
    page = max(WORLD.definitions.pages, key=lambda one: len(answer(of_page(one["id"]))))["id"]
    found = answer({"source": {"visitors": None}}, {"itemSeen": {"used": {"pageId": page}}})
    for row in found:
        events = [one for one in answer(of_page(page)) if one["visitorId"] == row["visitorId"]]
        assert row["used"] == {
            "lastUsed": max((one["lastTime"] for one in events), default=0),
            "count": sum(one["numEvents"] for one in events),
        }
    assert any(row["used"]["count"] for row in found)


def of_page(page):
    return {"source": {"pageEvents": ALL | {"pageId": page}}}


@pytest.mark.parametrize("kind", ["featureId", "trackTypeId"])
def test_item_seen_knows_features_and_track_types(kind):
    source = {"featureId": "featureEvents", "trackTypeId": "trackEvents"}[kind]
    row = answer({"source": {source: ALL}}, {"limit": 1}, {"group": {"group": [kind, "visitorId"]}})[0]
    (found,) = made([{"visitorId": row["visitorId"]}], {"itemSeen": {"used": {kind: row[kind]}}})
    assert found["used"]["count"] > 0


def test_the_address_of_a_page_event_is_that_of_its_page():
    loads = answer(SINGLE, {"filter": "type == `load`"}, {"pages": {"found": "url"}})
    assert loads
    assert all(len(row["found"]) == 1 for row in loads)
    counted = answer({"source": {"pageEvents": ALL}}, {"group": {"group": ["pageId"]}}, {"count": None})
    assert counted == [{"count": len({row["found"][0] for row in loads})}]


def test_the_element_of_a_feature_event_is_that_of_its_feature():
    clicks = answer(SINGLE, {"features": {"found": "elementPath"}}, {"filter": "len(found) > 0"})
    (counted,) = answer({"source": {"featureEvents": ALL}}, {"reduce": {"n": {"sum": "numEvents"}}})
    assert len(clicks) == counted["n"]


def test_pages_and_features_find_nothing_where_nothing_fits():
    rows = [{"url": "https://elsewhere.example.com/x", "elementPath": "BODY"}, {"url": None}, {}]
    found = made(rows, {"pages": {"p": "url"}}, {"features": {"f": "elementPath"}})
    assert [(row["p"], row["f"]) for row in found] == [([], [])] * 3


@pytest.mark.parametrize(
    ("rule", "url", "fits"),
    [
        ("//*/invoices", "https://app.example.com/invoices", True),
        ("//*/invoices", "https://app.example.com/invoices/?tab=1#top", True),
        ("//*/invoices", "https://app.example.com/invoices/7", False),
        ("//*/invoices/*", "https://app.example.com/invoices/7", True),
        ("//*/invoices/*parameter*", "https://app.example.com/invoices/7", False),
        ("//app.example.com/in*s", "https://app.example.com/invoices", True),
        ("//other.example.com/in*s", "https://app.example.com/invoices", False),
        ("https://app.example.com/a*b*c", "https://app.example.com/aXbYc", True),
        ("https://app.example.com/ab*b", "https://app.example.com/ab", False),
    ],
)
def test_a_rule_fits_part_by_part(rule, url, fits):
    stage = {"matchRules": {"entity": "Page", "rules": [rule], "rulesType": "web", "field": "match"}}
    assert made([{"url": url}], stage) == [{"url": url, "match": fits}]


def test_match_rules_may_drop_what_does_not_fit():
    rows = [{"elementPath": "BODY > #save"}, {"elementPath": "BODY > #open"}, {}]
    stage = {"matchRules": {"entity": "Feature", "rules": ["#save"], "rulesType": "web", "filter": True}}
    assert made(rows, stage) == rows[:1]


def test_a_rule_of_many_stars_does_not_hang():
    rule, url = "//*/" + "*a" * 900, "https://x/" + "a" * 100_000 + "b"
    began = time.monotonic()
    (row,) = made([{"url": url}], {"matchRules": {"entity": "Page", "rules": [rule], "field": "match"}})
    assert row["match"] is False
    assert time.monotonic() - began < 5


def test_expand_list_puts_objects_in_the_place_of_ids():
    areas = answer({"source": {"groups": None}})
    rows = [{"areas": [areas[1]["id"], "nope", areas[0]["id"]], "apps": [-323232]}]
    (found,) = made(
        rows,
        {"expandList": {"inputField": "areas", "outputField": "named", "typeName": "productArea"}},
        {"expandList": {"inputField": "apps", "outputField": "of.apps", "typeName": "app"}},
    )
    assert found["named"] == [areas[1], areas[0]]
    assert found["of"]["apps"][0]["name"] == "Acme Console"


@pytest.mark.parametrize(
    ("kind", "source", "field"),
    [
        ("page", "pageEvents", "pageId"),
        ("feature", "featureEvents", "featureId"),
        ("trackType", "trackEvents", "trackTypeId"),
    ],
)
def test_expand_attaches_the_tagged_object(kind, source, field):
    for row in answer({"source": {source: ALL}}, {"limit": 20}, {"expand": {"x.of": {kind: field}}}):
        assert row["x"]["of"]["id"] == row[field]


@pytest.mark.parametrize("operator", ["expand", "bulkExpand"])
def test_expand_and_bulk_expand_attach_metadata(operator):
    for row in answer({"source": {"events": ALL}}, {"limit": 20}, {operator: {"v": {"visitor": "visitorId"}}}):
        assert row["v"]["auto"]["id"] == row["visitorId"]


def test_a_segment_may_stand_in_the_request_itself():
    rule = 'metadata.custom.plan == "pro"'
    events = {"source": {"events": ALL}}
    members = {row["visitorId"] for row in answer({"source": {"visitors": None}}, {"filter": rule})}
    found = answer(events, {"segment": {"source": {"visitors": None}, "identified": "visitorId", "filter": rule}})
    assert found
    assert {row["visitorId"] for row in found} <= members
    assert len(found) < len(answer(events))


def test_a_segment_of_accounts_keeps_rows_of_those_accounts():
    rule = 'metadata.custom.plan == "pro"'
    accounts = {row["accountId"] for row in answer({"source": {"accounts": None}}, {"filter": rule})}
    found = answer({"source": {"events": ALL}}, {"segment": {"source": {"accounts": None}, "filter": rule}})
    assert {row["accountId"] for row in found} <= accounts
    assert found


def test_a_segment_of_visitors_keeps_rows_of_the_accounts_they_belong_to():
    named = {"segment": {"id": WORLD.segments[0]["id"]}}
    members = answer({"source": {"visitors": None}}, named)
    wanted = {name for row in members for name in row["metadata"]["auto"]["accountids"]}
    found = [row["accountId"] for row in answer({"source": {"accounts": None}}, named)]
    assert 0 < len(found) == len(set(found)) < len(answer({"source": {"accounts": None}}))
    assert set(found) == wanted


@pytest.mark.parametrize(
    ("agent", "wanted"),
    [
        (
            "(iPad; CPU OS 16_0 like Mac OS X) Version/16.0 Safari/604.1",
            ("Safari", "16.0", "iOS", "mobile"),
        ),
        ("(iPhone; CPU iPhone OS 17_0 like Mac OS X) CriOS/120.0 Safari/604.1", ("Chrome", "120.0", "iOS", "mobile")),
        ("(Windows NT 10.0) Chrome/122.0 Safari/537.36 OPR/108.0", ("Opera", "108.0", "Windows", "desktop")),
        ("(X11; CrOS x86_64) Chrome/122.0 Safari/537.36", ("Chrome", "122.0", "Chrome OS", "desktop")),
        ("(Macintosh; Intel Mac OS X 10_15) Version/17.0 Safari/605.1", ("Safari", "17.0", "Mac OS X", "desktop")),
        ("curl/8", ("", "", "", "")),
    ],
)
def test_a_browser_is_known_by_what_it_says(agent, wanted):
    (row,) = made([{"agent": agent}], {"useragent": {"of": "agent"}})
    assert tuple(row["of"][name] for name in ("name", "version", "os", "deviceType")) == wanted


def test_unwind_may_emit_prefixes_instead_of_elements():
    found = made([{"l": ["a", "b", "c"]}, {"l": None}], {"unwind": {"field": "l", "prefix": True, "index": "i"}})
    assert found == [{"l": ["a"], "i": 0}, {"l": ["a", "b"], "i": 1}, {"l": ["a", "b", "c"], "i": 2}]


def test_a_join_lets_a_row_go_when_its_width_is_reached():
    rows = [{"k": 1, "a": 1}, {"k": 2, "a": 2}, {"k": 1, "b": 3}, {"k": 1, "c": 4}, {"k": None, "d": 5}]
    found = made(rows, {"join": {"fields": ["k"], "width": 2}})
    assert found == [{"k": 1, "a": 1, "b": 3}, {"k": 2, "a": 2}, {"k": 1, "c": 4}, {"k": None, "d": 5}]
    assert len(made(rows, {"join": {"fields": ["k"]}})) == 3


def test_later_rows_overwrite_earlier_ones_in_a_join():
    assert made([{"k": 1, "a": 1}, {"k": 1, "a": 2}], {"join": {"fields": ["k"]}}) == [{"k": 1, "a": 2}]


def test_a_merge_without_mappings_copies_every_field():
    inner = [{"source": {"const": [{"k": 1, "x": {"y": 2}}]}}]
    found = made([{"k": 1}, {"k": 2}], {"merge": {"fields": ["k"], "pipeline": inner}})
    assert found == [{"k": 1, "x": {"y": 2}}, {"k": 2}]


def test_numbers_of_the_request_are_plain_numbers():
    stages = [{"switch": {"word": {"n": [{"value": 2.0, "==": 9.0}]}}}, {"set": {"one": 1.0}}]
    pipeline = [{"source": {"const": [{"n": 9}]}}, *stages]
    assert answer(*plain_json(pipeline)) == [{"n": 9, "word": 2, "one": 1}]


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ({"retention": {"cohortMode": "first"}}, "operator retention is not built"),
        ({"sessionReplays": {}}, "operator sessionReplays is not built"),
        ({"expand": {"x": {"vocItem": "id"}}}, "expand of vocItem is not built"),
        ({"expand": {"x": {"guide": "guideId"}}}, "expand of guide is not built"),
        ({"bulkExpand": {"x": {"page": "pageId"}}}, "bulkExpand of page is not built"),
        ({"expandList": {"inputField": "a", "outputField": "b", "typeName": "label"}}, "expandList of label is not"),
        ({"expandList": {}}, "expandList is an object"),
        ({"segment": {"source": {"visitors": None}, "rules": []}}, "segment with rules is not built"),
        ({"segment": {"source": {"pages": None}, "filter": "a"}}, "segment source is visitors or accounts"),
        ({"segment": {}}, "segment is an object with id"),
        ({"itemSeen": {"x": {"guideId": "a"}}}, "itemSeen takes one"),
        ({"itemSeen": None}, "itemSeen is an object"),
        ({"pages": {"x": 1}}, "pages is an object"),
        ({"features": None}, "features is an object"),
        ({"matchRules": {"entity": "Planet"}}, "matchRules is an object"),
        ({"matchRules": {"entity": "Page", "rules": ["a"]}}, "matchRules wants field"),
        ({"matchRules": {"entity": "Page", "rules": "a", "field": "m"}}, "rules are a list"),
        ({"matchRules": {"entity": "Page", "rules": [1], "field": "m"}}, "rules are texts"),
        ({"matchRules": {"entity": "Page", "rules": [], "rulesType": "ios", "field": "m"}}, "ios is not built"),
        ({"join": {"fields": ["a"], "width": 0}}, "join width"),
        ({"unwind": {"field": "a", "prefix": 1}}, "unwind keepEmpty and prefix"),
        ({"unwind": {"field": "a", "index": 1}}, "unwind index"),
        ({"group": {"group": ["a"], "field": {"n": {"sum": "a"}}}}, "group has no 'field'; wanted group, fields"),
        ({"join": {"fields": ["a"], "with": 2}}, "join has no 'with'"),
        (
            {"merge": {"fields": ["a"], "mapping": {}, "pipeline": [{"source": {"apps": None}}]}},
            "merge has no 'mapping'",
        ),
        ({"unwind": {"field": "a", "keepempty": True}}, "unwind has no 'keepempty'"),
        ({"segment": {"id": "a", "rules": []}}, "segment has no 'rules'"),
        ({"count": "a"}, "count is null"),
        ({"cat": 1}, "cat is null"),
        ({"group": {"group": ["a"], "forceKeys": {"b": "list(1)"}}}, "forceKeys names"),
        ({"group": {"group": ["a"], "forceKeys": {"a": "b"}}}, "forceKeys are a list"),
        ({"eval": {"a" + ".a" * 80: "1"}}, "at most 50 deep"),
    ],
)
def test_a_stage_that_makes_no_sense_is_refused_with_a_sentence(stage, said):
    with pytest.raises(Refused, match=said) as refused:
        made([{"a": 1}], stage)
    assert isinstance(refused.value, NotBuilt) == ("not built" in str(refused.value))
