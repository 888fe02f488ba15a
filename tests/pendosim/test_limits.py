"""What would never end, or fill any memory, ends with a plain refusal."""

import http.client
import json
import time
from dataclasses import replace

import pytest

from pendosim import Options, SettableClock, running
from pendosim.aggregation.answer import answered
from pendosim.aggregation.pipeline import pipeline_of
from pendosim.effort import Effort
from pendosim.errors import Refused
from pendosim.world.world import World

NOW = 1710171000000
WORLD = World(Options(visitors=30, accounts=5, days=2, events_per_day=40, apps=1), SettableClock(NOW))
ONE = {"source": {"const": [{"a": "x", "l": {"n": 1}}]}}
TWICE = {"fork": [[{"cat": None}], [{"cat": None}]]}


def refusal(*stages, rows_made_max=100_000):
    environment = replace(WORLD.environment(), effort=Effort(rows_made_max=rows_made_max))
    began = time.monotonic()
    with pytest.raises(Refused) as refused:
        list(answered(pipeline_of(list(stages), WORLD, environment), as_csv=False))
    assert time.monotonic() - began < 20
    return refused.value


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (TWICE, "multiplies rows"),
        ({"eval": {"a": "a + a"}}, "text of more than"),
        ({"eval": {"a": "toString(list(a, a))"}}, "text of more than"),
        ({"eval": {"l": "list(l, l)"}}, "list of more than"),
        ({"eval": {"a": "list(a, toString(a))"}}, "more than"),
        ({"eval": {".".join("l" * 40): "l"}}, "nested too deeply"),
    ],
)
def test_what_doubles_at_every_stage_is_refused(stage, said):
    assert said in refusal(ONE, *[stage] * 199, rows_made_max=20_000).sentence


def test_an_unwind_of_an_unwind_is_refused():
    wide = {"source": {"const": [{"l": list(range(2000)), "m": list(range(2000))}]}}
    assert "multiplies rows" in refusal(wide, {"unwind": {"field": "l"}}, {"unwind": {"field": "m"}}).sentence


def test_prefixes_of_a_long_list_are_refused():
    long = {"source": {"const": [{"l": list(range(20_000))}]}}
    assert "multiplies rows" in refusal(long, {"unwind": {"field": "l", "prefix": True}}).sentence


def test_a_list_of_lists_of_lists_is_refused():
    wide = {"source": {"const": [{"l": list(range(2000)), "n": n} for n in range(2000)]}}
    assert "elements" in refusal(wide, {"reduce": {"l": {"concat": "l"}}}).sentence


@pytest.mark.parametrize("operator", ["spawn", "fork", "merge", "segment"])
def test_pipelines_nest_only_so_deep(operator):
    stages = [ONE]
    for _ in range(30):
        nested = {
            "spawn": [stages],
            "fork": [stages[1:]],
            "merge": {"fields": ["a"], "pipeline": stages},
            "segment": {"source": {"visitors": None}, "filter": "true"},
        }[operator]
        stages = [{"spawn": [stages]}] if operator == "spawn" else [ONE, {operator: nested}]
    if operator == "segment":
        assert list(pipeline_of(stages, WORLD, WORLD.environment()).rows()) == []
    else:
        assert "nested too deeply" in refusal(*stages).sentence


def test_a_pipeline_has_at_most_200_stages():
    assert "1 to 200 stages" in refusal(ONE, *[{"cat": None}] * 200).sentence


def test_when_time_is_up_the_answer_is_408_with_an_empty_body():
    slow = "||".join(f"numEvents == {number}.5" for number in range(20_000))
    stage = {"filter": f"isNull(visitorId) || {slow}"}
    with running(visitors=100, days=20, events_per_day=500, aggregation_seconds=1, now=NOW) as pendo:
        began = time.monotonic()
        status, body = posted(pendo, {"source": {"events": None}}, stage)
        assert (status, body) == (408, b"")
        assert time.monotonic() - began < 15
        assert posted(pendo, {"source": {"apps": None}})[0] == 200


def test_an_answer_that_is_too_large_is_413():
    with running(visitors=100, days=1, events_per_day=10, aggregation_bytes=2000, now=NOW) as pendo:
        assert posted(pendo, {"source": {"visitors": None}}) == (413, b"the answer is too large")
        assert posted(pendo, {"source": {"visitors": None}}, {"count": None})[0] == 200


def test_an_answer_that_grows_too_large_once_begun_is_cut_off():
    with running(visitors=4000, days=0, events_per_day=0, aggregation_bytes=1_500_000, now=NOW) as pendo:
        with pytest.raises((ConnectionError, OSError, EOFError)):
            posted(pendo, {"source": {"visitors": None}})
        assert posted(pendo, {"source": {"apps": None}})[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"request":{"pipeline":' + b"[" * 400 + b"]" * 400 + b"}}",
        b'{"request":{"pipeline":[{"source":{"const":[{"a":' + b"[" * 700 + b"]" * 700 + b"}]}}]}}",
        b'{"request":{"pipeline":[{"source":{"const":[]}},{"filter":"' + b"(" * 100_000 + b'"}]}}',
        b'{"request":{"pipeline":[{"source":{"const":[]}},{"filter":"' + b"-" * 300_000 + b'"}]}}',
        b'{"request":{"pipeline":[{"source":{"const":[]}},{"limit":' + b"9" * 5000 + b"}]}}",
        b'{"request":{"pipeline":[{"source":{"const":[]}},{"sort":["' + b"a." * 100_000 + b'"]}]}}',
    ],
)
def test_deep_and_enormous_bodies_are_refused(shared, body):
    answer = shared.request("POST", "/api/v1/aggregation", body)
    assert answer.status == 400
    assert len(answer.body) < 200
    assert shared.get("/api/v1/token/verify").status == 200


def test_enormous_numbers_are_doubles_or_refused(shared):
    source = {"source": {"const": [{"a": 10**30, "b": -(10**25), "c": 2.0, "d": 10**400}]}}
    assert shared.rows(source) == [{"a": 1e30, "b": -1e25, "c": 2, "d": None}]
    assert shared.aggregate(source).body.startswith(b'{"results":[{"a":1e30,"b":-1e25,"c":2,"d":null}]')


def posted(pendo, *stages):
    from_http = http.client.HTTPConnection(*pendo.api.removeprefix("http://").split(":"))
    body = json.dumps({"request": {"pipeline": list(stages)}})
    try:
        from_http.request("POST", "/api/v1/aggregation", body, {"x-pendo-integration-key": pendo.key})
        answer = from_http.getresponse()
        return answer.status, answer.read()
    finally:
        from_http.close()
