"""Laws of what changes: patched tables, things to come, writes of any shape."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pendosim import running
from pendosim.tables import Table
from pendosim.world.agenda import Agenda

from .conftest import NOW, Client

VALUES = st.one_of(
    st.none(), st.integers(-5, 5), st.text(max_size=3), st.booleans(), st.floats(-2, 2).map(lambda x: x / 4)
)
ROWS = st.lists(
    st.fixed_dictionaries({"id": st.text(max_size=3), "deep": st.fixed_dictionaries({"v": VALUES})}), max_size=8
)


@given(data=st.data(), below=ROWS, added=ROWS)
@settings(max_examples=40, deadline=None)
def test_a_patched_table_is_the_table_of_its_rows(data, below, added):
    places = st.integers(0, len(below) - 1) if below else st.nothing()
    changed = data.draw(st.dictionaries(places, st.just({"id": "new", "deep": {"v": 1}})))
    gone = data.draw(st.lists(places, unique=True))
    kept = [changed.get(place, row) for place, row in enumerate(below) if place not in gone]
    patched, plain = Table.of_rows(below).patched(changed, added, gone), Table.of_rows(kept + added)
    assert [patched.row(place) for place in range(len(patched))] == kept + added
    for path in (("id",), ("deep", "v"), ("nope",)):
        ours, theirs = patched.column(path), plain.column(path)
        values = [row.get("id") if path == ("id",) else row.get(path[0], {}).get("v") for row in kept + added]
        if ours is not None:
            assert ours.values() == values
        if theirs is not None:
            assert theirs.values() == values
    every = np.arange(len(plain), dtype=np.int64)
    assert b"".join(bytes(block.data) for block in patched.blocks(every)) == b"".join(
        bytes(block.data) for block in plain.blocks(every)
    )


@given(st.lists(st.tuples(st.integers(0, 9), st.integers())), st.integers(-1, 10))
def test_things_happen_in_order_of_time_and_then_of_coming(wanted, now):
    agenda, done = Agenda(), []
    for due, name in wanted:
        agenda.add(due, lambda due=due, name=name: done.append((due, name)))
    for action in agenda.taken(now):
        action()
    assert done == sorted([one for one in wanted if one[0] <= now], key=lambda one: one[0])
    assert not agenda.is_due(now)


WORDS = st.sampled_from(
    [
        "visitorId",
        "accountId",
        "values",
        "plan",
        "trial",
        "renewal",
        "tags",
        "name",
        "type",
        "displayname",
        "string",
        "list",
        "visitors",
        "accounts",
        "ann",
        "event",
        "track",
        "timestamp",
        "properties",
        "context",
        "props",
        "prompt",
        "é\x00",
    ]
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=12,
)
ROW = st.fixed_dictionaries(
    {"visitorId": WORDS, "accountId": WORDS, "values": st.dictionaries(WORDS, JSON, max_size=4)}
)
FIELD = st.fixed_dictionaries({"name": WORDS, "type": st.sampled_from(["string", "number", "time", "boolean", "list"])})
EVENT = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "prompt"]), "event": WORDS, "visitorId": WORDS, "visitor_id": WORDS},
    optional={"properties": st.dictionaries(WORDS, JSON), "props": st.dictionaries(WORDS, JSON), "accountId": JSON},
)
TIMES = st.one_of(st.integers(NOW - 1000, NOW), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
TIMED = st.builds(lambda event, time: event | {"timestamp": time}, EVENT, TIMES)
BODIES = st.one_of(JSON, st.lists(ROW, max_size=3), st.lists(FIELD, max_size=3), TIMED)
GROUPS = st.sampled_from(["custom", "agent", "auto", "pendo", "salesforce", "nosuch"])
KINDS = st.sampled_from(["visitor", "account", "parentAccount", "planet"])


@st.composite
def writes(draw):
    kind, group = draw(KINDS), draw(GROUPS)
    field = draw(st.sampled_from(["plan", "PLAN", "donotprocess", "$", "trial", "new_one"]))
    return draw(
        st.sampled_from(
            [
                ("PUT", f"/api/v1/metadata/{kind}/{group}/value/ann/{field}"),
                ("POST", f"/api/v1/metadata/{kind}/{group}/value?create=true"),
                ("POST", f"/api/v1/metadata/schema/{kind}/{group}"),
                ("DELETE", f"/api/v1/metadata/schema/{kind}/{group}/{field}"),
                ("POST", f"/api/v1/bulkdelete/{kind}"),
                ("POST", "/data/track"),
                ("POST", "/data/agentic"),
            ]
        )
    )


@pytest.fixture(scope="module")
def fuzzed():
    with running(visitors=10, accounts=3, days=1, events_per_day=10, now=NOW) as pendo:
        yield Client(pendo)


@given(write=writes(), body=BODIES)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_write_of_any_shape_is_answered_500_and_everything_can_still_be_read(fuzzed, write, body):
    method, path = write
    key = fuzzed.pendo.track_secret if path.startswith("/data") else fuzzed.pendo.key
    url = fuzzed.pendo.data if path.startswith("/data") else fuzzed.pendo.api
    answer = fuzzed.request(method, path, json.dumps(body).encode(), key=key, url=url)
    assert answer.status in (200, 400, 404), answer.body
    for source in ("visitors", "accounts", "events", "trackEvents"):
        assert len(fuzzed.rows({"source": {source: None}})) >= 0
    assert fuzzed.get("/api/v1/metadata/schema/visitor").status == 200
