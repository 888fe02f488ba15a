from __future__ import annotations

import pyarrow as pa

from pendant.engine.drift import Habit, columns_of, compared

BEFORE = {"id": "string", "plan": "int64", "old": "bool"}


def codes(before: dict[str, str], now: dict[str, str]) -> dict[str, int]:
    return {note.code: note.count for note in compared(before, now)}


def test_the_same_columns_in_another_order_are_nothing_to_tell() -> None:
    assert codes(BEFORE, dict(reversed(BEFORE.items()))) == {}


def test_new_gone_and_changed_columns_are_told_apart() -> None:
    now = {"id": "string", "plan": "double", "new": "string"}
    assert codes(BEFORE, now) == {"columns_new": 1, "columns_gone": 1, "columns_changed": 1}
    changed = next(note for note in compared(BEFORE, now) if note.code == "columns_changed")
    assert "plan (was int64, is double)" in changed.message


def test_a_long_list_is_cut_and_counted() -> None:
    (note,) = compared({}, {f"c{number}": "string" for number in range(25)})
    assert note.count == 25
    assert "and 15 more" in note.message


def test_an_empty_answer_is_told_only_where_none_was_empty_before() -> None:
    schema = pa.schema([("id", pa.string())])
    usual = Habit("e", columns_of(schema), never_empty=True)
    assert [note.code for note in usual.notes(schema, 0, ())] == ["empty_answer"]
    assert list(usual.notes(schema, 1, ())) == []
    assert list(Habit("e", columns_of(schema), never_empty=False).notes(schema, 0, ())) == []


def test_a_first_run_has_nothing_to_compare() -> None:
    assert list(Habit("e", None, never_empty=False).notes(pa.schema([("id", pa.string())]), 0, ())) == []


def test_fields_among_the_others_are_new_once_and_never_gone() -> None:
    schema = pa.schema([("id", pa.string()), ("other_fields", pa.string())])
    first = Habit("e", columns_of(schema), never_empty=True)
    (note,) = first.notes(schema, 1, {"brand.new"})
    assert (note.code, note.count) == ("columns_new", 1)
    assert "other_fields.brand.new" in note.message
    later = Habit("e", columns_of(schema) | {"other_fields.brand.new": "json"}, never_empty=True)
    assert list(later.notes(schema, 1, {"brand.new"})) == []
    assert list(later.notes(schema, 1, ())) == []
