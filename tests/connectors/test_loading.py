"""What a mode of loading needs, and what it refuses before a row is stored."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest

from pendant.connectors.destinations import open_destination
from pendant.connectors.loading import check_load, checked, windows_of
from pendant.errors import WrongInput
from pendant.model.export import Export
from pendant.model.pipeline import Load, LoadMode
from pendant.model.run import Slice

SCHEMA = pa.schema([("id", pa.int64()), ("at", pa.timestamp("ms", "UTC")), ("tags", pa.list_(pa.string()))])
WINDOW = Slice("w", 1_000, 2_000, "one second")
BY_TIME = Load(LoadMode.SLICES, time="at")
BY_KEY = Load(LoadMode.MERGE, key=("id",))


def rows(*times: int | None) -> Iterator[pa.RecordBatch]:
    values = [{"id": None if at == 0 else at, "at": at} for at in times]
    yield pa.RecordBatch.from_pylist(values, schema=SCHEMA)


@pytest.mark.parametrize("name", ["out.parquet", "out.csv", "out.jsonl.gz"])
@pytest.mark.parametrize("mode", [LoadMode.SLICES, LoadMode.MERGE, LoadMode.APPEND])
def test_a_single_file_can_only_be_replaced(name: str, mode: LoadMode) -> None:
    with pytest.raises(WrongInput) as refused:
        open_destination(Export("people", "prod", name), run_id="r", may_replace=True, load=Load(mode))
    assert refused.value.code == "load_unsupported"
    assert mode.value in refused.value.message


@pytest.mark.parametrize(
    "load",
    [
        Load(LoadMode.MERGE),
        Load(LoadMode.MERGE, key=("id", "gone")),
        Load(LoadMode.MERGE, key=("tags",)),
        Load(LoadMode.SLICES),
        Load(LoadMode.SLICES, time="gone"),
        Load(LoadMode.SLICES, time="id"),
    ],
)
def test_a_mode_whose_columns_are_missing_or_of_another_kind_is_refused(load: Load) -> None:
    with pytest.raises(WrongInput) as refused:
        check_load(load, SCHEMA)
    assert refused.value.code == "load_unsupported"


@pytest.mark.parametrize("load", [Load(), Load(LoadMode.APPEND), BY_TIME, BY_KEY])
def test_a_mode_that_has_its_columns_is_taken(load: Load) -> None:
    check_load(load, SCHEMA)


@pytest.mark.parametrize("at", [999, 2_000, None])
def test_a_row_outside_its_window_is_refused_because_a_second_load_would_double_it(at: int | None) -> None:
    with pytest.raises(WrongInput) as refused:
        list(checked(WINDOW, rows(1_000, at, 1_999), BY_TIME))
    assert refused.value.code == "row_outside_window"


def test_rows_inside_their_window_pass() -> None:
    assert [batch.num_rows for batch in checked(WINDOW, rows(1_000, 1_999), BY_TIME)] == [2]
    assert [batch.num_rows for batch in checked(WINDOW, rows(), BY_TIME)] == [0]


def test_a_slice_that_is_no_window_is_refused_before_it_is_read() -> None:
    with pytest.raises(WrongInput) as refused:
        checked(Slice("a", "x", "y"), rows(1), BY_TIME)
    assert refused.value.code == "load_unsupported"


def test_a_row_without_its_key_is_refused() -> None:
    with pytest.raises(WrongInput) as refused:
        list(checked(WINDOW, rows(1, 0), BY_KEY))
    assert refused.value.code == "key_empty"


def test_windows_that_touch_are_one() -> None:
    parts = [Slice("c", 30, 40), Slice("a", [0, "x"], [10, "y"]), Slice("b", 10, 20), Slice("d", [0, "y"], [10, "z"])]
    assert windows_of(parts) == [(0, 20), (30, 40)]
