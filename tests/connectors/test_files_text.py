"""JSON Lines and CSV hold exactly what the columns hold, whatever it is."""

from __future__ import annotations

import csv
import json
import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pendant.connectors.files.text import pieces
from pendant.connectors.files.text_formats import Csv, JsonLines, Lines

INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ['"', "\\", '\\"', "\x00", "\x1f", "\x7f", "\u2028", "\ufeff", "\r\n", "🦊", "a,b", "=1+1", ""]
)
FLOAT = st.floats() | st.sampled_from([0.0, -0.0, 5e-324, 1.7976931348623157e308, 1e16, 1e21, 0.1])
MOMENT = st.datetimes(timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
JSON_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
STRUCT = pa.struct([("n", pa.int64()), ('k"ey\n', pa.string())])
JSON_COLUMN = {b"pendant:json": b"1"}


def columns(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.none() | strategy, min_size=1, max_size=6)


def lines_of(lines: Lines, array: pa.Array, metadata: dict[bytes, bytes] | None = None, name: str = "x") -> str:
    schema = pa.schema([pa.field("n", pa.int64()), pa.field(name, array.type, metadata=metadata)])
    batch = pa.RecordBatch.from_arrays([pa.array(range(len(array)), pa.int64()), array], schema=schema)
    return lines.lines(batch).to_pybytes().decode()


def through_json(array: pa.Array, metadata: dict[bytes, bytes] | None = None) -> list[Any]:
    text = lines_of(JsonLines(), array, metadata)
    assert text.endswith("\n")
    rows = [json.loads(line, parse_constant=pytest.fail) for line in text[:-1].split("\n")]
    assert [row["n"] for row in rows] == list(range(len(array)))
    return [row["x"] for row in rows]


def through_csv(array: pa.Array) -> list[str]:
    rows = list(csv.reader(lines_of(Csv(), array).splitlines(keepends=True)))
    assert [row[0] for row in rows] == [str(number) for number in range(len(array))]
    return [row[1] for row in rows]


@given(columns(TEXT))
def test_any_text_comes_back_from_json(values: list[str | None]) -> None:
    assert through_json(pa.array(values, pa.string())) == values


@given(columns(TEXT), st.integers(0, 3))
def test_a_slice_of_a_longer_column_shows_only_its_own_rows(values: list[str | None], skipped: int) -> None:
    array = pa.array(['"before"\n', *values, None, "\\after"], pa.string()).slice(1 + min(skipped, len(values) - 1))
    assert through_json(array) == array.to_pylist()


@given(columns(INT64))
def test_any_integer_comes_back_from_json(values: list[int | None]) -> None:
    assert through_json(pa.array(values, pa.int64())) == values


@given(columns(FLOAT))
def test_any_finite_number_comes_back_from_json_with_its_sign(values: list[float | None]) -> None:
    found = through_json(pa.array(values, pa.float64()))
    for value, back in zip(values, found, strict=True):
        if value is None or not math.isfinite(value):
            assert back is None
        else:
            assert float(back) == value
            assert math.copysign(1, float(back)) == math.copysign(1, value)


@given(columns(MOMENT))
def test_any_moment_comes_back_from_json_as_iso_with_z(values: list[datetime | None]) -> None:
    found = through_json(pa.array(values, pa.timestamp("ms", "UTC")))
    assert [back is None or back.endswith("Z") for back in found] == [True] * len(values)
    assert [None if back is None else datetime.fromisoformat(back) for back in found] == values


@given(columns(JSON_VALUE))
def test_a_column_of_json_texts_is_embedded_as_values(values: list[Any]) -> None:
    texts = [None if value is None else json.dumps(value, indent=1) for value in values]
    assert through_json(pa.array(texts, pa.string()), JSON_COLUMN) == values


@given(columns(st.lists(st.none() | TEXT, max_size=3)))
def test_lists_of_texts_come_back_from_json(values: list[Any]) -> None:
    assert through_json(pa.array(values, pa.list_(pa.string()))) == values


@settings(max_examples=50)
@given(
    columns(
        st.lists(st.none() | st.fixed_dictionaries({"n": st.none() | INT64, 'k"ey\n': st.none() | TEXT}), max_size=3)
    )
)
def test_lists_of_structs_come_back_from_json(values: list[Any]) -> None:
    assert through_json(pa.array(values, pa.list_(STRUCT))) == values


@given(columns(TEXT))
def test_any_text_comes_back_from_csv(values: list[str | None]) -> None:
    expected = ["" if value is None else value for value in values]
    # A reader of text lines takes only these two for the end of a line; csv is given the lines as they are.
    text = lines_of(Csv(), pa.array(values, pa.string()))
    rows = list(csv.reader(line + "\n" for line in text.split("\n")[:-1]))
    assert [row[1] for row in rows] == expected


def test_csv_tells_an_empty_text_from_nothing() -> None:
    assert lines_of(Csv(), pa.array(["", None], pa.string())) == '0,""\r\n1,\r\n'


def test_a_lone_null_of_a_one_column_csv_is_a_row_too() -> None:
    batch = pa.RecordBatch.from_pydict({"x": pa.array([1, None, 2], pa.int64())})
    assert Csv().lines(batch).to_pybytes() == b'1\r\n""\r\n2\r\n'


def test_csv_holds_times_and_nested_values() -> None:
    moment = datetime(2024, 3, 10, 5, 0, 0, 7000, tzinfo=UTC)
    assert through_csv(pa.array([moment, None], pa.timestamp("ms", "UTC"))) == ["2024-03-10T05:00:00.007Z", ""]
    assert through_csv(pa.array([["a", 'b"'], None], pa.list_(pa.string()))) == ['["a","b\\""]', ""]


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (True, pa.bool_(), True),
        (1.5, pa.float32(), 1.5),
        (0.1, pa.float32(), 0.1),
        (2**64 - 1, pa.uint64(), 2**64 - 1),
        (Decimal("-1.50"), pa.decimal128(38, 2), -1.5),
        (date(2024, 2, 29), pa.date32(), "2024-02-29"),
        (time(1, 2, 3, 4), pa.time64("us"), "01:02:03.000004"),
        (datetime(2024, 2, 29, 1), pa.timestamp("us"), "2024-02-29T01:00:00.000000"),  # noqa: DTZ001 - that is the case
        (datetime(2024, 2, 29, 1, tzinfo=UTC), pa.timestamp("s", "America/New_York"), "2024-02-29T01:00:00Z"),
        ("é", pa.large_string(), "é"),
        (None, pa.null(), None),
    ],
)
def test_other_types_have_their_json(value: object, kind: pa.DataType, shown: object) -> None:
    assert through_json(pa.array([value, None], kind)) == [shown, None]


def test_a_time_beyond_the_calendar_stands_as_its_number() -> None:
    far = [1_710_000_000_000_000_000, -(2**63), 2**63 - 1, 253_402_300_800_000, None, 0]
    times = pa.array(far, pa.int64()).cast(pa.timestamp("ms", "UTC"))
    assert through_json(times) == [*far[:5], "1970-01-01T00:00:00.000Z"]
    assert through_csv(times)[:2] == ["1710000000000000000", "-9223372036854775808"]


def test_the_first_and_last_moments_of_the_calendar_are_dates() -> None:
    ends = pa.array([-62_167_219_200_000, 253_402_300_799_999], pa.int64()).cast(pa.timestamp("ms", "UTC"))
    assert through_json(ends) == ["0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"]


def test_names_of_columns_are_escaped_too() -> None:
    name = 'a "b"\n,\\'
    assert json.loads(lines_of(JsonLines(), pa.array([1]), name=name)) == {"n": 0, name: 1}
    header = Csv().header(pa.schema([(name, pa.int64()), ("b", pa.int64())])).decode()
    assert list(csv.reader(header.splitlines(keepends=True))) == [[name, "b"]]


def test_a_huge_batch_is_cut_before_it_becomes_text() -> None:
    batch = pa.RecordBatch.from_pydict({"x": ["y" * 100_000] * 2_000})
    cut = list(pieces(batch))
    assert sum(piece.num_rows for piece in cut) == 2_000
    assert max(piece.nbytes for piece in cut) < 70_000_000


def test_days_before_the_epoch_have_the_right_date() -> None:
    moment = datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    assert moment + timedelta(milliseconds=1) == datetime(1970, 1, 1, tzinfo=UTC)
    assert through_json(pa.array([moment], pa.timestamp("ms", "UTC"))) == ["1969-12-31T23:59:59.999Z"]
