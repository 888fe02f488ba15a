"""Records become columns, and nothing of them is lost."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from pendant.connectors.declaration import ColumnType as Type
from pendant.connectors.pendo import convert
from pendant.connectors.pendo.convert import Converter
from pendant.connectors.pendo.layout import Column, Layout
from pendant.errors import BrokenAnswer
from pendant.model.run import Note

COLUMNS = [
    Column("id", ("id",), Type.TEXT),
    Column("day", ("day",), Type.TIME),
    Column("count", ("count",), Type.INTEGER),
    Column("share", ("share",), Type.NUMBER),
    Column("on", ("on",), Type.BOOLEAN),
    Column("tags", ("tags",), Type.TEXTS),
    Column("numbers", ("numbers",), Type.INTEGERS),
    Column("auto_seen", ("metadata", "auto", "seen"), Type.TIME),
    Column("agent_mail", ("metadata", "agent", "mail"), Type.TEXT),
]
WITH_JSON = [*COLUMNS, Column("properties", ("properties",), Type.JSON), Column("inner", ("a", "b"), Type.JSON)]
KEYS = ["id", "day", "count", "share", "on", "tags", "numbers", "properties", "metadata", "a", "new", 'o"d\\d', "é"]
GROUPS = ["auto", "agent", "custom"]


class Notes:
    def __init__(self) -> None:
        self.kept: list[Note] = []
        self.fields: set[str] = set()

    def undeclared(self, fields: Iterable[str]) -> None:
        self.fields.update(fields)

    def note(self, note: Note) -> None:
        self.kept.append(note)


def batch_of(converter: Converter, records: list[Raw], notes: Notes) -> pa.RecordBatch:
    return converter.batch(converter.look(records), notes)


def converted(columns: list[Column], records: list[Any], **settings_: Any) -> tuple[pa.RecordBatch, Notes]:
    notes = Notes()
    texts = [json.dumps(record, ensure_ascii=False, **settings_).encode() for record in records]
    return batch_of(Converter(Layout(columns)), [Raw(text) for text in texts], notes), notes


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False), texts
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
fitting = {
    "id": texts,
    "day": st.integers(0, 2**41),
    "count": st.integers(-(2**63), 2**63 - 1),
    "share": st.floats(allow_nan=False, allow_infinity=False),
    "on": st.booleans(),
    "tags": st.lists(st.one_of(st.none(), texts), max_size=3),
    "numbers": st.lists(st.integers(-5, 5), max_size=3),
    "metadata": st.fixed_dictionaries(
        {},
        optional={
            "auto": st.fixed_dictionaries({}, optional={"seen": st.integers(0, 2**41), "more": values}),
            "agent": st.fixed_dictionaries({}, optional={"mail": texts}),
        },
    ),
    "properties": values,
}
tidy = st.fixed_dictionaries({}, optional=fitting)
wild = st.dictionaries(
    st.sampled_from(KEYS),
    st.one_of(values, st.dictionaries(st.sampled_from(["auto", "agent", "b", "x"]), values)),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(tidy, wild), min_size=1, max_size=6), st.sampled_from([COLUMNS, WITH_JSON]), st.booleans())
def test_every_record_can_be_put_together_again_from_its_row(records, columns, pretty):
    batch, _ = converted(columns, records, **({"indent": 1} if pretty else {}))
    layout = Layout(columns)
    again = [put_together(columns, row) for row in batch.to_pylist()]
    assert again == [pruned(layout.tree, record) for record in records]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(tidy, wild), min_size=1, max_size=8))
def test_a_row_does_not_depend_on_what_was_read_before(records):
    layout = Layout(WITH_JSON)
    raws = [Raw(json.dumps(record).encode()) for record in records]
    together = batch_of(Converter(layout), raws, Notes()).to_pylist()
    one_by_one = Converter(layout)
    assert [batch_of(one_by_one, [raw], Notes()).to_pylist()[0] for raw in raws] == together


def put_together(columns: list[Column], row: dict[str, Any]) -> dict[str, Any]:
    record = json.loads(row["other_fields"]) if row["other_fields"] else {}
    for column in columns:
        value = row[column.name]
        if value is None:
            continue
        if isinstance(value, datetime):
            value = round((value - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)
        node = record
        for key in column.path[:-1]:
            node = node.setdefault(key, {})
        node[column.path[-1]] = json.loads(value) if column.type == Type.JSON else value
    return record


def pruned(tree: Any, record: dict[str, Any]) -> dict[str, Any]:
    """What a row cannot tell apart: null and absent in a declared place, an empty object and none around columns."""
    found = {}
    for key, value in record.items():
        child = tree.get(key)
        if child is None:
            found[key] = value
        elif isinstance(child, dict) and isinstance(value, dict):
            if inner := pruned(child, value):
                found[key] = inner
        elif value is not None:
            found[key] = value
    return found


def test_metadata_becomes_columns_named_by_group_and_field():
    batch, _ = converted(COLUMNS, [{"id": "v", "metadata": {"agent": {"mail": "a@example.com"}, "auto": None}}])
    row = batch.to_pylist()[0]
    assert (row["id"], row["agent_mail"], row["auto_seen"], row["other_fields"]) == ("v", "a@example.com", None, None)


def test_a_time_is_a_timestamp_in_utc_and_a_zero_is_null_only_where_it_means_never():
    columns = [Column("a", ("a",), Type.TIME), Column("b", ("b",), Type.TIME_OR_NEVER)]
    batch, _ = converted(columns, [{"a": 0, "b": 0}, {"a": 1710046800000, "b": 1710046800123}])
    assert batch.schema.field("a").type == pa.timestamp("ms", tz="UTC")
    assert batch.to_pylist() == [
        {"a": datetime(1970, 1, 1, tzinfo=UTC), "b": None, "other_fields": None},
        {
            "a": datetime(2024, 3, 10, 5, tzinfo=UTC),
            "b": datetime(2024, 3, 10, 5, 0, 0, 123000, tzinfo=UTC),
            "other_fields": None,
        },
    ]


def test_json_columns_hold_the_exact_bytes():
    raw = Raw(b'{"properties":{"b" : 1.0e3, "a":"\\u003c"},"a":{"b":[ 1 ]}}')
    row = batch_of(Converter(Layout(WITH_JSON)), [raw], Notes()).to_pylist()[0]
    assert (row["properties"], row["inner"]) == ('{"b" : 1.0e3, "a":"\\u003c"}', "[ 1 ]")


def test_any_text_is_the_text_itself_or_the_json_of_anything_else():
    columns = [Column("answer", ("answer",), Type.ANY_TEXT)]
    batch, _ = converted(columns, [{"answer": 'too "slow"'}, {"answer": 9}, {"answer": None}, {}, {"answer": ["a"]}])
    assert batch["answer"].to_pylist() == ['too "slow"', "9", None, None, '["a"]']


@pytest.mark.parametrize("value", ["7", 1.5, True, [1], {"x": 1}, 2**63])
def test_a_value_of_another_type_is_kept_aside_and_noted(value):
    batch, notes = converted(COLUMNS, [{"id": "a", "count": 1}, {"id": "b", "count": value}])
    assert batch["count"].to_pylist() == [1, None]
    assert [json.loads(text) if text else None for text in batch["other_fields"].to_pylist()] == [
        None,
        {"count": value},
    ]
    assert [(note.code, "count" in note.message) for note in notes.kept] == [("value_kept_aside", True)]


@pytest.mark.parametrize("value", [10**17, -(10**15)])
def test_a_time_that_no_calendar_holds_is_kept_aside(value):
    batch, notes = converted(COLUMNS, [{"day": value}])
    assert batch.to_pylist()[0]["day"] is None
    assert json.loads(batch.to_pylist()[0]["other_fields"]) == {"day": value}
    assert len(notes.kept) == 1


def test_undeclared_fields_met_before_are_read_as_fast_as_json_columns_and_look_the_same():
    converter = Converter(Layout(COLUMNS))
    record = Raw(b'{"id":"a","zeta":[1, 2],"metadata":{"agent":{"mail":"m","x":1.0},"new":{}},"alpha":null}')
    first = batch_of(converter, [record], Notes()).to_pylist()
    assert first[0]["other_fields"] == '{"alpha":null,"metadata":{"agent":{"x":1.0},"new":{}},"zeta":[1, 2]}'
    assert batch_of(converter, [record], Notes()).to_pylist() == first


def test_of_a_key_that_stands_twice_the_last_value_counts():
    row = batch_of(Converter(Layout(COLUMNS)), [Raw(b'{"id":"a","count":1,"id":"b"}')], Notes()).to_pylist()[0]
    assert (row["id"], row["count"], row["other_fields"]) == ("b", 1, None)


def test_one_odd_record_among_thousands_changes_none_of_the_others():
    records = [Raw(b'{"id":"v%d","count":%d}' % (number, number)) for number in range(2000)]
    records[700] = Raw(b'{"id":7,"count":"many"}')
    rows = batch_of(Converter(Layout(COLUMNS)), records, Notes()).to_pylist()
    odd = rows.pop(700)
    assert (odd["id"], odd["count"], json.loads(odd["other_fields"])) == (None, None, {"id": 7, "count": "many"})
    assert [(row["id"], row["count"]) for row in rows] == [(f"v{n}", n) for n in range(2000) if n != 700]
    assert all(row["other_fields"] is None for row in rows)


def test_keys_that_are_data_do_not_pile_up():
    converter = Converter(Layout(COLUMNS))
    for number in range(3 * convert.MET_PATHS_MAX):
        row = batch_of(converter, [Raw(b'{"k%d":1}' % number)], Notes()).to_pylist()[0]
        assert row["other_fields"] == f'{{"k{number}":1}}'
    assert len(converter._known.met) <= convert.MET_PATHS_MAX


def test_text_that_is_not_utf_8_is_repaired_and_noted():
    notes = Notes()
    batch = batch_of(Converter(Layout(COLUMNS)), [Raw(b'{"id":"a\xff\xfeb"}'), Raw('{"id":"é"}'.encode())], notes)
    assert batch["id"].to_pylist() == ["a\ufffd\ufffdb", "é"]
    assert [note.code for note in notes.kept] == ["text_repaired"]


@pytest.mark.parametrize("other", [b"null", b"5", b'"x"', b"[{}]"])
@pytest.mark.parametrize("columns", [COLUMNS, WITH_JSON])
def test_something_that_is_not_a_record_is_a_broken_answer(other, columns):
    with pytest.raises(BrokenAnswer) as problem:
        batch_of(Converter(Layout(columns)), [Raw(b'{"id":"a"}'), Raw(other)], Notes())
    assert problem.value.code == "record_not_object"


def test_names_that_differ_only_in_case_get_numbers():
    columns = [
        Column("agent_mail", ("metadata", "agent", "mail"), Type.TEXT),
        Column("agent_Mail", ("metadata", "agent", "Mail"), Type.TEXT),
        Column("other_fields", ("other_fields",), Type.TEXT),
    ]
    assert Layout(columns).schema.names == ["agent_mail", "agent_Mail_2", "other_fields_2", "other_fields"]
