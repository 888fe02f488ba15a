"""Operators and aggregators, on rows that stand in the pipeline itself."""

import pytest

from pendosim import Options, SettableClock
from pendosim.aggregation.pipeline import pipeline_of
from pendosim.errors import NotBuilt, Refused
from pendosim.world.world import World

ROWS = [
    {"id": "c", "n": 3, "tags": ["x", "y"], "deep": {"k": 1}},
    {"id": "a", "n": 1, "tags": [], "deep": {"k": 2}},
    {"id": "b", "n": None, "deep": {"k": 1}},
    {"id": "_PENDO_T_z", "n": 1, "tags": None},
]


@pytest.fixture(scope="module")
def world():
    return World(Options(visitors=30, accounts=5, days=2, events_per_day=40), SettableClock(1710171000000))


@pytest.fixture
def run(world):
    def rows(*stages, of=ROWS):
        pipeline = pipeline_of([{"source": {"const": of}}, *stages], world, world.environment())
        return list(pipeline.rows())

    return rows


def ids(rows):
    return [row["id"] for row in rows]


def test_filter_keeps_rows_for_which_it_is_true_and_only_true(run):
    assert ids(run({"filter": "n >= 1"})) == ["c", "a", "_PENDO_T_z"]
    assert ids(run({"filter": "n"})) == []


def test_filter_takes_the_object_form(run):
    assert ids(run({"filter": {"field": "id", "operator": "==", "value": "a"}})) == ["a"]
    assert ids(run({"filter": {"field": "deep.k", "operator": ">", "value": 1}})) == ["a"]


def test_identified_and_its_opposite(run):
    assert ids(run({"identified": "id"})) == ["c", "a", "b"]
    assert ids(run({"identified": "!id"})) == ["_PENDO_T_z"]


def test_select_keeps_only_its_fields_and_nests_dotted_names(run):
    rows = run({"select": {"x.y": "n + 1", "who": "id"}}, {"limit": 1})
    assert rows == [{"x": {"y": 4}, "who": "c"}]


def test_eval_adds_and_set_adds_constants(run):
    rows = run({"eval": {"twice": "n * 2", "deep.new": "id"}}, {"set": {"one": 1}}, {"limit": 1})
    assert rows == [ROWS[0] | {"twice": 6, "one": 1, "deep": {"k": 1, "new": "c"}}]


def test_sort_puts_null_first_and_keeps_ties_in_order(run):
    assert ids(run({"sort": ["n"]})) == ["b", "a", "_PENDO_T_z", "c"]
    assert ids(run({"sort": ["-n"]})) == ["c", "a", "_PENDO_T_z", "b"]
    assert ids(run({"sort": ["n", "-id"]})) == ["b", "a", "_PENDO_T_z", "c"]


def test_sort_orders_kinds_null_booleans_numbers_strings_others(run):
    mixed = [{"v": value} for value in (["l"], "s", 2, True, None, 1, "B", {"o": 1}, False)]
    found = [row["v"] for row in run({"sort": ["v"]}, of=mixed)]
    assert found == [None, False, True, 1, 2, "B", "s", ["l"], {"o": 1}]


def test_skip_limit_and_count(run):
    assert ids(run({"skip": 1}, {"limit": 2})) == ["a", "b"]
    assert run({"count": None}) == [{"count": 4}]
    assert run({"limit": 0}) == []


def test_group_without_fields_gives_distinct_keys_nested(run):
    rows = run({"group": {"group": ["deep.k"]}})
    assert rows == [{"deep": {"k": 1}}, {"deep": {"k": 2}}, {"deep": {"k": None}}]


def test_group_takes_fields_as_map_and_as_list(run):
    as_map = run({"group": {"group": ["n"], "fields": {"rows": {"count": None}}}}, {"sort": ["n"]})
    as_list = run({"group": {"group": ["n"], "fields": [{"rows": {"count": None}}]}}, {"sort": ["n"]})
    assert as_map == as_list == [{"n": None, "rows": 1}, {"n": 1, "rows": 2}, {"n": 3, "rows": 1}]


def test_group_tells_true_from_one(run):
    assert len(run({"group": {"group": ["v"]}}, of=[{"v": True}, {"v": 1}, {"v": "1"}])) == 3


def test_forced_keys_appear_with_nothing_in_them(run):
    stage = {"group": {"group": ["n"], "fields": {"rows": {"count": None}}, "forceKeys": {"n": "list(9, 1)"}}}
    assert {row["n"]: row["rows"] for row in run(stage)} == {9: 0, 1: 2, 3: 1, None: 1}


@pytest.mark.parametrize(
    ("aggregator", "wanted"),
    [
        ({"sum": "n"}, 5),
        ({"sum": "missing"}, 0),
        ({"count": None}, 4),
        ({"count": "n"}, 2),
        ({"count": "missing"}, 0),
        ({"count": ["id", "n"]}, 4),
        ({"countIf": {"count": None, "if": "n == 1"}}, 2),
        ({"avg": "n"}, 5 / 3),
        ({"mean": "missing"}, None),
        ({"min": "n"}, 1),
        ({"max": "n"}, 3),
        ({"max": "id"}, "c"),
        ({"median": "n"}, 1),
        ({"var": "n"}, 8 / 9),
        ({"stddev": "missing"}, None),
        ({"first": "n"}, 3),
        ({"list": "n"}, [3, 1, None, 1]),
        ({"listIf": {"list": "id", "if": "n == 1"}}, ["a", "_PENDO_T_z"]),
        ({"concat": "tags"}, ["x", "y"]),
        ({"percentiles": {"field": "n", "low": 0, "high": 100}}, {"low": 1, "high": 3}),
    ],
)
def test_aggregators(run, aggregator, wanted):
    (row,) = run({"reduce": {"out": aggregator}})
    found = row["out"]
    assert found == (pytest.approx(wanted) if isinstance(wanted, float) else wanted)


def test_reduce_takes_a_list_too(run):
    assert run({"reduce": [{"n": {"count": None}}]}) == [{"n": 4}]


def test_unwind_replaces_the_list_by_its_elements(run):
    rows = run({"unwind": {"field": "tags", "index": "i"}})
    assert [(row["id"], row["tags"], row["i"]) for row in rows] == [("c", "x", 0), ("c", "y", 1)]
    kept = run({"unwind": {"field": "tags", "keepEmpty": True}})
    assert ids(kept) == ["c", "c", "a", "b", "_PENDO_T_z"]


def test_unmarshal_parses_json_in_a_field(run):
    rows = run({"unmarshal": {"parsed": "text"}}, of=[{"text": '[{"a":1}]'}, {"text": "no"}, {}])
    assert [row["parsed"] for row in rows] == [[{"a": 1}], None, None]


def test_switch_sets_the_value_of_the_matching_case(run):
    rows = run({"switch": {"word": {"n": [{"value": "one", "==": 1}, {"value": "three", "==": 3}]}}})
    assert [row.get("word") for row in rows] == ["three", "one", None, "one"]


def test_spawn_and_join_merge_rows_with_equal_keys(world):
    rated = [{"source": {"const": [{"v": "a", "rating": 9}, {"v": "b", "rating": 2}]}}]
    said = [{"source": {"const": [{"v": "a", "comment": "good"}]}}]
    stages = [{"spawn": [rated, said]}, {"join": {"fields": ["v"], "width": 2}}, {"sort": ["rating"]}]
    rows = list(pipeline_of(stages, world, world.environment()).rows())
    assert rows == [{"v": "b", "rating": 2}, {"v": "a", "rating": 9, "comment": "good"}]


def test_fork_feeds_every_row_to_each_branch(run):
    rows = run({"fork": [[{"count": None}], [{"filter": 'id == "a"'}, {"select": {"id": "id"}}]]})
    assert rows == [{"count": 4}, {"id": "a"}]


def test_merge_is_a_left_join(run):
    inner = [{"source": {"const": [{"id": "a", "m": 1}, {"id": "a", "m": 2}]}}]
    rows = run({"merge": {"fields": ["id"], "mappings": {"got": "m"}, "pipeline": inner}})
    assert [row.get("got") for row in rows] == [None, 1, None, None]


def test_bulk_expand_attaches_the_metadata_of_an_account(world):
    account = world.people.account_ids[0]
    stages = [
        {"source": {"const": [{"a": account}, {"a": "nobody"}]}},
        {"bulkExpand": {"of": {"account": "a"}}},
    ]
    known, unknown = pipeline_of(stages, world, world.environment()).rows()
    assert known["of"]["auto"]["id"] == account
    assert unknown["of"] is None


def test_filter_after_filter_is_one_filter_with_and(run):
    two = run({"filter": "n == 1"}, {"filter": 'id == "a"'})
    assert two == run({"filter": 'n == 1 && id == "a"'})


def test_eval_does_not_change_what_is_tagged(world):
    stages = [{"source": {"pages": None}}, {"eval": {"name": "1", "group.name": "2"}}]
    before = [dict(page) for page in world.definitions.pages]
    list(pipeline_of(stages, world, world.environment()).rows())
    assert world.definitions.pages == before


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ({"segment": {"id": "x"}, "filter": "a"}, "exactly one operator"),
        ({"retention": {}}, "operator retention is not built"),
        ({"frobnicate": None}, "unknown operator 'frobnicate'"),
        ({}, "exactly one operator"),
        ("filter", "exactly one operator"),
        ({"source": {"visitors": None}}, "only be the first"),
        ({"limit": -1}, "limit is a whole number"),
        ({"limit": "5"}, "limit is a whole number"),
        ({"limit": 10**40}, "limit is a whole number"),
        ({"skip": True}, "skip is a whole number"),
        ({"sort": []}, "sort is a list"),
        ({"sort": [1]}, "sort is a list"),
        ({"select": []}, "select is an object"),
        ({"select": {"a": "b c"}}, "Cannot parse select expression"),
        ({"filter": None}, "Cannot parse filter expression"),
        ({"filter": "a in [1]"}, "Cannot parse filter expression"),
        ({"filter": "nope(1)"}, "function nope is not built"),
        ({"filter": "len()"}, "called with 0 arguments"),
        ({"group": {}}, "group is an object"),
        ({"group": {"group": ["a"], "fields": {"x": {"path": {}}}}}, "aggregator path is not built"),
        ({"group": {"group": ["a"], "fields": {"x": {"wat": "a"}}}}, "unknown aggregator 'wat'"),
        ({"reduce": 5}, "fields are objects"),
        ({"join": {}}, "join is an object"),
        ({"merge": {"fields": ["a"]}}, "merge is an object"),
        ({"bulkExpand": {"x": {"planet": "a"}}}, "bulkExpand of planet is not built"),
    ],
)
def test_a_stage_that_makes_no_sense_is_refused_with_a_sentence(run, stage, said):
    with pytest.raises(Refused, match=said):
        run(stage)


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        (None, "list of 1"),
        ([], "list of 1"),
        ([{"filter": "a"}], "first stage"),
        ([{"source": {"wat": None}}], "unknown source 'wat'"),
        ([{"source": {"visitors": None, "accounts": None}}], "exactly one source"),
        ([{"source": None}], "source is an object"),
        ([{"source": {"visitors": 5}}], "object or null"),
        ([{"source": {"events": {"appId": "nope nope"}}}], "Cannot parse"),
        ([{"source": {"events": {"appId": {}}}}], "appId is a number"),
        ([{"source": {"pageEvents": {"pageId": 5}}}], "pageId is a string"),
        ([{"source": {"const": [1]}}], "list of objects"),
        ([{"spawn": 3}], "spawn is a list"),
    ],
)
def test_a_source_that_makes_no_sense_is_refused_with_a_sentence(world, stages, said):
    with pytest.raises(Refused, match=said):
        list(pipeline_of(stages, world, world.environment()).rows())


def test_a_source_that_is_not_built_is_named(world):
    with pytest.raises(NotBuilt, match="emailEvents"):
        pipeline_of([{"source": {"emailEvents": None}}], world, world.environment())


def test_pipelines_nest_only_so_deep(world):
    stages = [{"source": {"const": []}}]
    for _ in range(30):
        stages = [{"spawn": [stages]}]
    with pytest.raises(Refused, match="too deeply"):
        pipeline_of(stages, world, world.environment())
