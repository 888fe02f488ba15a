"""One suite for every target that knows more than one mode: what a load may change, and what it must leave alone."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import pyarrow as pa
import pytest

from loading_places import (
    APPENDED,
    BY_KEY,
    BY_TIME,
    DAY,
    FIRST,
    SCHEMA,
    Place,
    batches,
    day,
    expected,
    row,
    rows,
)
from pendant.errors import Conflict, WrongInput
from pendant.model.pipeline import Load, LoadMode
from pendant.model.run import Slice

TABLES = ["duckdb", "sqlite", "postgresql"]
of_tables = pytest.mark.parametrize("place", TABLES, indirect=True)
in_every_mode = pytest.mark.parametrize("place", [*TABLES, "delta"], indirect=True)


def codes(place: Place) -> list[str]:
    return [note.code for note in place.notes]


def test_the_first_load_makes_the_table_with_every_value_in_its_place(place: Place, load: Load) -> None:
    first, second = rows(0, 20, on=0), rows(20, 15, on=1)
    written = place.load({day(0): first, day(1): second}, load)
    assert place.rows() == expected([*first, *second])
    assert written.rows == 35
    assert place.notes == []


def test_nothing_is_seen_before_publish_and_nothing_after_discard(place: Place, load: Load) -> None:
    place.load({day(0): rows(0, 5)}, load)
    destination = place.open(load)
    destination.ensure_schema(SCHEMA)
    destination.replace_slice(day(0), batches(rows(50, 5)))
    assert place.ids() == [0, 1, 2, 3, 4]
    destination.discard()
    assert place.rows() == expected(rows(0, 5))


def test_a_load_without_rows_makes_a_table_and_changes_none(place: Place, load: Load) -> None:
    place.load({day(0): []}, load)
    assert place.rows() == []
    place.load({day(1): rows(0, 5, on=1)}, load, run_id="second")
    place.load({day(0): []}, load, run_id="third")
    assert place.ids() == ([] if load.mode is LoadMode.REPLACE else [0, 1, 2, 3, 4])


def test_slices_give_way_to_their_windows_and_leave_every_other_row(place: Place) -> None:
    place.load({day(number): rows(number * 10, 5, on=number) for number in range(4)}, BY_TIME)
    new = {day(1): rows(100, 3, on=1), day(2): []}
    for _ in range(2):
        place.load(new, BY_TIME)
    kept = [*rows(0, 5, on=0), *rows(30, 5, on=3), *rows(100, 3, on=1)]
    assert sorted(place.rows(), key=lambda found: found["id"]) == expected(kept)


def test_the_edges_of_a_window_belong_to_one_window_only(place: Place) -> None:
    edge = [row(number, at=at) for number, at in enumerate((FIRST - 1, FIRST, FIRST + DAY - 1, FIRST + DAY))]
    whole = Slice("whole", FIRST - DAY, FIRST + 2 * DAY)
    place.load({whole: edge}, BY_TIME)
    place.load({day(0): []}, BY_TIME)
    assert place.ids() == [0, 3]


@in_every_mode
def test_merging_replaces_rows_of_the_same_key_and_keeps_the_others(place: Place) -> None:
    place.load({day(0): rows(0, 10)}, BY_KEY)
    for _ in range(2):
        place.load({day(0): rows(5, 10, name="changed")}, BY_KEY)
    found = sorted(place.rows(), key=lambda one: one["id"])
    assert found == expected([*rows(0, 5), *rows(5, 10, name="changed")])
    assert place.notes == []


@in_every_mode
def test_the_last_row_of_a_key_wins_and_the_others_are_reported(place: Place) -> None:
    place.load({day(0): [row(1, name="a"), row(2), row(1, name="b")], day(1): [row(1, name="last")]}, BY_KEY)
    assert {found["id"]: found["name"] for found in place.rows()} == {1: "last", 2: row(2)["name"]}
    assert [(note.code, note.count) for note in place.notes] == [("key_twice", 2)]


@in_every_mode
def test_a_key_of_several_columns_is_compared_as_a_whole(place: Place) -> None:
    both = Load(LoadMode.MERGE, key=("id", "name"))
    place.load({day(0): [row(1, name="a"), row(1, name="b"), row(2, name="a")]}, both)
    place.load({day(0): [row(1, name="b", score=9.5), row(2, name="b")]}, both)
    found = {(one["id"], one["name"]): one["score"] for one in place.rows()}
    assert found == {(1, "a"): 0.125, (1, "b"): 9.5, (2, "a"): 0.25, (2, "b"): 0.25}


@in_every_mode
def test_appended_rows_come_in_addition(place: Place) -> None:
    place.load({day(0): rows(0, 3)}, APPENDED, run_id="first")
    place.load({day(0): rows(0, 3)}, APPENDED, run_id="second")
    assert place.ids() == [0, 0, 1, 1, 2, 2]


@in_every_mode
def test_an_append_that_is_done_again_because_its_end_was_not_noticed_is_there_once(place: Place) -> None:
    for _ in range(2):
        place.load({day(0): rows(0, 3)}, APPENDED, run_id="the same run")
    assert place.ids() == [0, 1, 2]


def test_a_table_that_was_there_is_refused_in_every_mode_unless_it_may_be_written(place: Place, load: Load) -> None:
    place.load({day(0): rows(0, 3)}, load)
    with pytest.raises(Conflict) as refused:
        place.open(load, may_replace=False).ensure_schema(SCHEMA)
    assert refused.value.code == "target_exists"
    assert place.ids() == [0, 1, 2]


def test_a_new_column_is_added_and_a_vanished_one_stays(place: Place) -> None:
    place.load({day(0): rows(0, 2)}, BY_TIME)
    fewer = SCHEMA.remove(SCHEMA.get_field_index("name")).append(pa.field("plan", pa.string()))
    place.load({day(1): rows(10, 2, on=1, plan="gold")}, BY_TIME, schema=fewer)
    found = {one["id"]: (one["name"], one["plan"]) for one in place.rows()}
    assert found == {0: (None, None), 1: (row(1)["name"], None), 10: (None, "gold"), 11: (None, "gold")}
    assert sorted(codes(place)) == ["column_added", "column_vanished"]


BIG = 2**53 + 1
TEXT, WHOLE, NUMBER, TRUTH, TEXTS = pa.string(), pa.int64(), pa.float64(), pa.bool_(), pa.list_(pa.string())


@in_every_mode
def test_columns_in_another_order_or_fewer_of_them_find_their_place(place: Place) -> None:
    place.load({day(0): rows(0, 3)}, BY_TIME)
    place.load({day(1): rows(3, 3, on=1)}, BY_TIME, schema=pa.schema(list(reversed(SCHEMA))))
    fewer = SCHEMA.remove(SCHEMA.get_field_index("name"))
    place.load({day(2): rows(6, 3, on=2)}, BY_TIME, schema=fewer)
    found = sorted(place.rows(), key=lambda one: one["id"])
    assert found == expected([*rows(0, 3), *rows(3, 3, on=1), *rows(6, 3, on=2, name=None)])
    assert codes(place) == ["column_vanished"]


class Widening(NamedTuple):
    """A column in one load and in the next, what is there in the end, and whether the table had to change."""

    old: pa.DataType
    before: list[Any]
    new: pa.DataType
    after: list[Any]
    wanted: list[Any]
    changed: bool


WIDENED = [
    Widening(WHOLE, [1, -7], NUMBER, [0.5], [1.0, -7.0, 0.5], True),
    Widening(NUMBER, [0.1, 2.5], WHOLE, [3], [0.1, 2.5, 3.0], False),
    Widening(WHOLE, [BIG, 7], NUMBER, [0.5], [str(BIG), "7", "0.5"], True),
    Widening(NUMBER, [0.5, 0.1 + 0.2], WHOLE, [BIG], ["0.5", "0.30000000000000004", str(BIG)], True),
    Widening(WHOLE, [2**63 - 1, 7], TEXT, ["007"], ["9223372036854775807", "7", "007"], True),
    Widening(NUMBER, [123456.75, 0.1], TEXT, ["x"], ["123456.75", "0.1", "x"], True),
    Widening(TRUTH, [True, False], TEXT, ["x"], ["true", "false", "x"], True),
    Widening(TEXT, ["x", "y"], TRUTH, [True], ["x", "y", "true"], False),
    Widening(TEXTS, [["a", None], []], TEXT, ["x"], [["a", None], [], "x"], True),
    Widening(pa.null(), [None, None], TEXT, ["x"], [None, None, "x"], False),
    Widening(WHOLE, [1, 2], pa.null(), [None], [1, 2, None], False),
]


@of_tables
@pytest.mark.parametrize("case", WIDENED, ids=lambda case: f"{case.old}-to-{case.new}-{case.wanted[0]}")
def test_a_column_becomes_wide_enough_and_loses_nothing(place: Place, case: Widening) -> None:
    def schema(kind: pa.DataType) -> pa.Schema:
        return pa.schema([("id", pa.int64()), ("at", pa.timestamp("ms", "UTC")), ("x", kind)])

    first = [{"id": number, "at": FIRST, "x": value} for number, value in enumerate(case.before)]
    second = [{"id": 10 + number, "at": FIRST + DAY, "x": value} for number, value in enumerate(case.after)]
    place.load({day(0): first}, BY_TIME, schema=schema(case.old))
    place.load({day(1): second}, BY_TIME, schema=schema(case.new))
    assert [one["x"] for one in sorted(place.rows(), key=lambda one: one["id"])] == case.wanted
    assert codes(place) == ["column_widened"] * case.changed
    again = place.rows()
    place.notes.clear()
    place.load({day(1): second}, BY_TIME, schema=schema(case.new))
    assert place.rows() == again
    assert place.notes == []


def test_unusual_names_of_columns_are_only_names(place: Place) -> None:
    odd = ['we"ird', "select", "with space", "ünï", "x'; DROP TABLE people --", "a.b", "%s $1 ?"]
    schema = pa.schema([("id", pa.int64()), ("at", pa.timestamp("ms", "UTC")), *((name, pa.string()) for name in odd)])
    one = {"id": 1, "at": FIRST} | {name: f"<{name}>" for name in odd}
    for load in (BY_TIME, Load(LoadMode.MERGE, key=('we"ird',))):
        if load.mode in place.modes:
            place.load({day(0): [one]}, load, schema=schema)
            assert place.rows() == [one]


@pytest.mark.parametrize("place", ["duckdb", "sqlite"], indirect=True)
def test_two_columns_that_differ_in_case_only_are_refused(place: Place) -> None:
    with pytest.raises(WrongInput) as refused:
        place.open(BY_TIME).ensure_schema(pa.schema([*SCHEMA, ("ID", pa.int64())]))
    assert refused.value.code == "column_twice"


KINDS_OF_VALUES = [
    (pa.int8(), -5),
    (pa.int16(), 300),
    (pa.int32(), -70_000),
    (pa.uint8(), 255),
    (pa.uint32(), 2**32 - 1),
    (pa.float32(), 0.5),
    (pa.large_string(), "large"),
    (pa.string(), ""),
    (pa.list_(pa.int64()), [1, None, 2**60]),
    (pa.list_(pa.list_(pa.float64())), [[0.5], None]),
    (pa.struct([("a", pa.int64()), ("b", pa.list_(pa.string()))]), {"a": 1, "b": ["x"]}),
]


def test_a_wide_row_of_every_type_arrives(place: Place) -> None:
    kinds = KINDS_OF_VALUES * 20
    names = [f"metadata_agent_{number}" for number in range(len(kinds))]
    fields = [("id", pa.int64()), ("at", pa.timestamp("ms", "UTC")), ("born", pa.date32())]
    schema = pa.schema([*fields, *((name, kind) for name, (kind, _) in zip(names, kinds, strict=True))])
    values = {name: value for name, (_, value) in zip(names, kinds, strict=True)}
    full = {"id": 1, "at": FIRST, "born": date(2026, 11, 20), **values}
    nothing = dict.fromkeys(schema.names) | {"id": 2, "at": FIRST + 1}
    for _ in range(2):
        place.load({day(0): [full, nothing]}, BY_TIME, schema=schema)
    assert place.rows() == expected([full, nothing])
    assert place.notes == []
