"""Rows straight from the table are the rows that go through Python, byte for byte."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pendosim import Options, SettableClock
from pendosim.aggregation.answer import Framing, framed
from pendosim.aggregation.pipeline import pipeline_of
from pendosim.aggregation.selection import Selection
from pendosim.aggregation.sources import source_rows
from pendosim.tables import Table, column_of
from pendosim.values import equal, less, sort_key, to_json
from pendosim.world.world import World

WORLD = World(Options(visitors=120, accounts=15, days=3, events_per_day=120, apps=2), SettableClock(1710171000000))
FRAMING = Framing(b'{"results":[', b"]}")
SOURCES = ("visitors", "accounts", "events", "pageEvents", "trackEvents", "guideEvents")
FIELDS = {
    "visitors": [
        "visitorId",
        "metadata.auto.lastupdated",
        "metadata.custom.plan",
        "metadata.agent.isadmin",
        "nope",
    ],
    "accounts": [
        "accountId",
        "metadata.auto.lastupdated",
        "metadata.auto.firstvisit",
        "metadata.agent.industry",
    ],
}
EVENT_FIELDS = [
    "visitorId",
    "lastTime",
    "day",
    "numEvents",
    "appId",
    "accountId",
    "week",
    "pageId",
    "remoteIp",
]


def values_of(source, field):
    rows = list(source_rows(pipeline_of([stage(source)], WORLD, WORLD.environment()).source))
    found = {at(row, field.split(".")) for row in rows[:50]} - {None}
    return sorted(found, key=str)[:12] or ["x"]


def at(row, path):
    for name in path:
        row = row.get(name) if isinstance(row, dict) else None
    return row


def stage(source):
    if source.endswith("Events") or source == "events":
        series = {"period": "dayRange", "first": "now()", "count": -2}
        return {"source": {source: {"appId": 'expandAppIds("*")'}, "timeSeries": series}}
    return {"source": {source: None}}


@st.composite
def pipelines(draw):
    source = draw(st.sampled_from(SOURCES))
    fields = FIELDS.get(source, EVENT_FIELDS)
    stages = draw(st.lists(st.one_of(filters(source, fields), others(source, fields)), max_size=4))
    return [stage(source), *stages]


@st.composite
def filters(draw, source, fields):
    def comparison():
        field = draw(st.sampled_from(fields))
        literal = json.dumps(draw(st.sampled_from([*values_of(source, field), "m", 0, None])), ensure_ascii=False)
        sign = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
        sides = (field, literal) if draw(st.booleans()) else (literal, field)
        return f"{sides[0]} {sign} {sides[1]}"

    text = comparison()
    for _ in range(draw(st.integers(0, 2))):
        joint, sign = draw(st.sampled_from(["&&", "||"])), draw(st.sampled_from(["", "!"]))
        text = f"({text}) {joint} {sign}({comparison()})"
    return {"filter": text}


def others(source, fields):
    keys = st.lists(st.tuples(st.sampled_from(["", "-"]), st.sampled_from(fields)).map("".join), min_size=1, max_size=3)
    identifiers = ["accountId" if source == "accounts" else "visitorId"]
    return st.one_of(
        keys.map(lambda names: {"sort": names}),
        st.integers(0, 60).map(lambda count: {"limit": count}),
        st.integers(0, 20).map(lambda count: {"skip": count}),
        st.sampled_from(identifiers).map(lambda name: {"identified": name}),
        st.just({"count": None}),
    )


def bytes_of(rows):
    return b"".join(bytes(piece.data) for piece in framed(rows, FRAMING))


@settings(max_examples=120, deadline=None)
@given(pipelines())
def test_the_fast_path_answers_as_the_general_path_does(stages):
    pipeline = pipeline_of(stages, WORLD, WORLD.environment())
    slow = iter(source_rows(pipeline.source))
    for step in pipeline.steps:
        slow = step(slow)
    assert bytes_of(pipeline.rows()) == bytes_of(slow)


def test_the_shapes_of_clients_stay_on_the_fast_path():
    after = '(day > 1 || (day == 1 && (visitorId > "x" || (visitorId == "x" && lastTime > 5))))'
    for stages in (
        [
            {"source": {"visitors": {"identified": True}}},
            {"sort": ["visitorId"]},
            {"filter": 'visitorId > ""'},
        ],
        [{"source": {"accounts": None}}, {"sort": ["metadata.auto.lastupdated", "accountId"]}, {"limit": 5}],
        [stage("pageEvents"), {"filter": "lastTime >= 5 && day < now()"}, {"sort": ["lastTime", "pageId"]}],
        [stage("events"), {"filter": after}, {"sort": ["day", "visitorId", "lastTime"]}, {"limit": 50}],
        [stage("guideEvents"), {"filter": "guideTimestamp >= 5"}, {"sort": ["guideTimestamp"]}],
    ):
        assert isinstance(pipeline_of(stages, WORLD, WORLD.environment()).rows(), Selection)


def test_every_row_is_encoded_as_it_would_be_again():
    tables = [WORLD.visitors(), WORLD.accounts(), WORLD.guide_events(), WORLD.poll_events()]
    tables += [
        WORLD.buckets(name, unit) for name in ("events", "pageEvents", "trackEvents") for unit in ("hour", "day")
    ]
    for table in tables:
        every = np.arange(len(table), dtype=np.int64)
        streamed = b"".join(bytes(block.data) for block in table.blocks(every))
        assert streamed == b"".join(to_json(row) + b"," for row in table.rows(every))


def test_blocks_say_where_rows_end():
    table = Table.of_rows({"n": number} for number in range(5))
    (block,) = table.blocks(np.array([4, 0, 2]))
    assert bytes(block.data) == b'{"n":4},{"n":0},{"n":2},'
    assert [bytes(block.data[end : end + 1]) for end in block.ends] == [b",", b",", b","]


@pytest.mark.parametrize("values", [[1, "a"], [True, False], [[1], None], [2**60, 1], [{}]])
def test_a_column_of_mixed_or_odd_values_is_left_to_python(values):
    assert column_of(values) is None


def test_an_empty_table_has_no_blocks_and_can_be_sorted():
    table = Table.of_rows([])
    assert list(table.blocks(np.arange(0))) == []
    assert table.order(("a",)).tolist() == []


NUMBERS = st.lists(st.none() | st.integers(-3, 3) | st.sampled_from([0.5, 2.5]), max_size=12)
STRINGS = st.lists(st.none() | st.sampled_from(["", "a", "b", "é", "\U0001f600", "Z"]), max_size=12)


@settings(max_examples=80, deadline=None)
@given(NUMBERS | STRINGS, st.sampled_from(["v", "-v"]))
def test_a_table_sorts_as_python_does(values, key):
    table = Table.of_rows({"v": value} for value in values)
    wanted = sorted(range(len(values)), key=lambda place: sort_key(values[place]), reverse=key == "-v")
    assert table.order((key,)).tolist() == wanted


SIGNS = {"==": equal, "!=": lambda one, other: not equal(one, other), "<": less}


@settings(max_examples=80, deadline=None)
@given(NUMBERS | STRINGS, st.sampled_from(list(SIGNS)), st.sampled_from([None, 0, 2, 2.5, "", "a", "é", "m"]))
def test_a_column_compares_as_python_does(values, sign, literal):
    column = Table.of_rows({"v": value} for value in values).column(("v",))
    assert column.compare(sign, literal).tolist() == [SIGNS[sign](value, literal) for value in values]
