"""Whatever is asked is answered or refused with a sentence, soon: no traceback, no hang.

`make fuzz` runs the same with many more examples.
"""

import json
import os
import time
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pendosim import Options, SettableClock
from pendosim.aggregation.aggregators import AGGREGATORS
from pendosim.aggregation.answer import answered
from pendosim.aggregation.pipeline import NESTING_STAGES, WORLD_STAGES, pipeline_of
from pendosim.aggregation.sources import SOURCES
from pendosim.aggregation.stages import STAGES
from pendosim.effort import Effort
from pendosim.errors import Refused, UnparsableFilter
from pendosim.expressions.evaluate import compiled
from pendosim.expressions.functions import FUNCTIONS
from pendosim.expressions.grammar import parse
from pendosim.values import plain_json
from pendosim.world.world import World

EXAMPLES = int(os.environ.get("PENDOSIM_FUZZ_EXAMPLES", "0"))
SECONDS = 5.0
WORLD = World(Options(visitors=25, accounts=6, days=2, events_per_day=40, apps=2), SettableClock(1710171000000))
ROW = {"a": 1, "b": {"c": [1, {"d": "x"}]}, "visitorId": "ann", "t": True, "n": None, "type": "ui:web:x", "day": 1.5}


def fuzz(short):
    return settings(
        max_examples=EXAMPLES or short,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


NAMES = st.sampled_from(
    ["a", "b.c", "b.c[0]", "visitorId", "accountId", "day", "numEvents", "metadata.auto.id", "l", "n"]
)
NUMBERS = st.sampled_from(["0", "1", "-1", "2.5", "1e308", "1e999", "9" * 30, "1710171000000", ".5", "1e-320"])
TEXTS = st.sampled_from(['"x"', "`days`", '"daily"', '"a\\"b"', '""', '"2006-01-02"', '"*"', "`é\\``", '"\\\\"'])
ATOMS = st.one_of(NAMES, NUMBERS, TEXTS, st.sampled_from(["true", "false", "null", "now()", "list()"]))


def _larger(inner):
    operators = st.sampled_from(["==", "!=", "<", ">=", "&&", "||", "+", "-", "*", "/", "%", "in", "="])
    arguments = st.lists(inner, max_size=4).map(", ".join)
    return st.one_of(
        st.builds("{} {} {}".format, inner, operators, inner),
        st.builds("({})".format, inner),
        st.builds("{}{}".format, st.sampled_from(["!", "-", "!!"]), inner),
        st.builds("{}({})".format, st.sampled_from([*FUNCTIONS, "frobnicate"]), arguments),
        st.builds("({})[{}]".format, inner, inner),
    )


EXPRESSIONS = st.recursive(ATOMS, _larger, max_leaves=12) | st.text(max_size=12)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=6),
    EXPRESSIONS,
)
WORDS_OF_STAGES = ["group", "fields", "field", "a", "b.c", "count", "if", "list", "sort"]
WORDS_OF_STAGES += ["new", "width", "index", "keepEmpty", "prefix", "pipeline", "mappings", "forceKeys", "value"]
WORDS_OF_STAGES += ["==", "operator", "entity", "rules", "rulesType", "filter", "id", "inputField", "outputField"]
WORDS_OF_STAGES += ["typeName", "visitor", "account", "page", "pageId", "appId", "kind", "period", "first"]
WORDS_OF_STAGES += ["last", "timeSeries", "source", "visitors", "visitorId"]
WORDS = st.sampled_from(WORDS_OF_STAGES)
JSON = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=8
)
FIELDS = st.lists(st.sampled_from(["a", "b.c", "visitorId", "accountId", "day", "type", "l"]), min_size=1, max_size=2)
AGGREGATED = st.dictionaries(
    st.sampled_from(["x", "y.z", "a"]),
    st.dictionaries(st.sampled_from(sorted(AGGREGATORS)), EXPRESSIONS | JSON, min_size=1, max_size=1),
    max_size=2,
)
NAMED = st.dictionaries(st.sampled_from(["a", "b.c", "x", "l"]), EXPRESSIONS, min_size=1, max_size=2)
SERIES = st.fixed_dictionaries(
    {"period": st.sampled_from(["hourRange", "dayRange", "weekRange", "monthRange", "daily", "hourly", "yearly"])},
    optional={
        "first": EXPRESSIONS | st.just("now()"),
        "count": st.integers(-5, 5),
        "last": EXPRESSIONS | st.just("now()"),
    },
)
PARAMETERS = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "appId": st.sampled_from(['expandAppIds("*")', -323232, [], 5]) | JSON,
        "blacklist": st.sampled_from(["apply", "only"]) | VALUES,
        "kind": st.sampled_from(["visitor", "account"]) | VALUES,
        "guideId": VALUES,
        "pollId": VALUES,
        "identified": VALUES,
    },
)
SOURCE = st.builds(
    lambda name, parameters, series: {"source": {name: parameters} | ({"timeSeries": series} if series else {})},
    st.sampled_from(sorted(SOURCES)),
    PARAMETERS,
    st.none() | SERIES,
) | st.just({"source": {"const": [ROW, {}, {"l": [1, "x"]}, ROW | {"a": "1"}]}})
OPERATORS = sorted({*STAGES, *NESTING_STAGES, *WORLD_STAGES, "retention", "wat"})
SHAPED = st.one_of(
    st.builds(lambda text: {"filter": text}, EXPRESSIONS),
    st.builds(lambda fields: {"select": fields}, NAMED),
    st.builds(lambda fields: {"eval": fields}, NAMED),
    st.builds(lambda keys: {"sort": keys}, FIELDS),
    st.builds(lambda keys, fields: {"group": {"group": keys, "fields": fields}}, FIELDS, AGGREGATED),
    st.builds(lambda fields: {"reduce": fields}, AGGREGATED),
    st.builds(
        lambda field, prefix: {"unwind": {"field": field, "prefix": prefix}},
        st.sampled_from(["l", "b.c"]),
        st.booleans(),
    ),
    st.builds(lambda keys: {"join": {"fields": keys, "width": 2}}, FIELDS),
    st.builds(lambda number: {"limit": number}, st.integers(0, 5)),
    st.builds(lambda name, argument: {name: argument}, st.sampled_from(OPERATORS), JSON),
)


def _deeper(stages):
    branches = st.lists(st.lists(stages, max_size=3), max_size=3)
    return (
        stages
        | st.builds(lambda of: {"fork": of}, branches)
        | st.builds(
            lambda keys, source, of: {"merge": {"fields": keys, "pipeline": [source, *of]}},
            FIELDS,
            SOURCE,
            st.lists(stages, max_size=2),
        )
    )


STAGE = st.recursive(SHAPED, _deeper, max_leaves=4)
PIPELINES = st.builds(lambda source, stages: [source, *stages], SOURCE, st.lists(STAGE, max_size=5))


def outcome(pipeline, *, as_csv=False):
    """The answer's bytes, or the refusal; anything else fails the test."""
    effort = Effort(seconds=SECONDS, bytes_max=5_000_000, rows_made_max=20_000)
    began = time.monotonic()
    try:
        built = pipeline_of(plain_json(pipeline), WORLD, replace(WORLD.environment(), effort=effort))
        found: bytes | Refused = b"".join(piece.data for piece in answered(built, as_csv=as_csv))
    except Refused as refused:
        found = refused
    assert time.monotonic() - began < SECONDS + 5
    if isinstance(found, Refused):
        assert found.status in (400, 408, 413)
        assert found.status == 408 or 0 < len(found.sentence) < 400
    elif not as_csv:
        json.loads(found)
    return found


@fuzz(150)
@given(PIPELINES)
@example([{"source": {"const": [{"a": 1}]}}, {"unmarshal": {"a": '"[1e999, 18446744073709551616]"'}}])
def test_any_pipeline_of_known_words_is_answered_or_refused(pipeline):
    outcome(pipeline)


@fuzz(40)
@given(PIPELINES)
def test_any_pipeline_is_answered_or_refused_as_csv_too(pipeline):
    outcome(pipeline, as_csv=True)


@fuzz(100)
@example([{"timeSeries": None}])
@given(
    JSON
    | st.lists(JSON, max_size=4)
    | st.lists(st.dictionaries(st.sampled_from(OPERATORS), JSON, max_size=2), max_size=4)
)
def test_any_json_in_the_place_of_a_pipeline_is_refused_or_answered(anything):
    outcome(anything)


@fuzz(200)
@given(EXPRESSIONS)
@example("(" * 39 + "a" + ")" * 39)
@example("a" + ".a" * 5000)
@example("list(" * 30 + ")" * 30)
@example("-" * 5000 + "a")
@example("1e999 % 0")
@example('dateAdd(now(), 999999, "years")')
@example('formatTime("2006", 9e15)')
def test_any_expression_has_a_value_or_is_refused(text):
    began = time.monotonic()
    with suppress(Refused):
        compiled(text, WORLD.environment())(ROW)
    assert time.monotonic() - began < 5


@fuzz(200)
@given(
    st.text(max_size=60)
    | st.text('ab1.()[]"`\\!&|=<>+-*/%, \n\té', max_size=60)
    | st.binary(max_size=40).map(lambda raw: raw.decode("latin-1"))
)
def test_any_text_is_parsed_or_cannot_be(text):
    with suppress(UnparsableFilter):
        parse(text)


@fuzz(150)
@given(SERIES | JSON)
def test_any_time_series_is_answered_or_refused(series):
    outcome([{"source": {"events": None, "timeSeries": series}}, {"count": None}])


ARGUMENTS = [None, True, 0, -1, 10**40, "", "a", "visitorId", [], {}, [[]], [{}], ["a", 1], {"a": None}]
ARGUMENTS += [{"a": {}}, {"a": {"b": []}}, {"field": "a"}]


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_operator_bears_every_kind_of_argument(operator):
    for argument in ARGUMENTS:
        outcome([{"source": {"const": [ROW, {}]}}, {operator: argument}])


@pytest.mark.parametrize("aggregator", sorted(AGGREGATORS))
def test_an_aggregator_bears_every_kind_of_argument(aggregator):
    for argument in ARGUMENTS:
        outcome([{"source": {"const": [ROW, {}]}}, {"reduce": {"x": {aggregator: argument}}}])


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_a_source_bears_every_kind_of_parameters(source):
    for argument in ARGUMENTS:
        outcome([{"source": {source: argument}}, {"limit": 3}])
        outcome([{"source": {source: {"appId": argument, "kind": "visitor", "identified": argument}}}, {"limit": 3}])


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_bears_every_kind_of_value(name):
    function = FUNCTIONS[name]
    for value in ("null", "true", "1", "-1", "1e300", '"x"', "list()", "b", "b.c", "now()"):
        for count in range(function.least, min(function.most, 6) + 1):
            with suppress(Refused):
                compiled(f"{name}({', '.join([value] * count)})", WORLD.environment())(ROW)
