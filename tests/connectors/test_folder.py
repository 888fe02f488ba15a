"""What only a folder of days can do and suffer. The promises of every target are in test_loads.py."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loading_places import BY_TIME, DAY, FIRST, SCHEMA, FolderPlace, Place, day, expected, row, rows
from pendant.connectors.files.days import NO_DAY
from pendant.errors import Conflict, WrongInput
from pendant.model.pipeline import Load
from pendant.model.run import Slice

HOUR = 3_600_000


@pytest.fixture
def place(tmp_path: Path) -> FolderPlace:
    return FolderPlace(f"{tmp_path}/out/")


def names(place: Place) -> list[str]:
    folder = Path(place.target)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_each_day_is_one_file_of_one_name(place: FolderPlace) -> None:
    whole = Slice("all", FIRST, FIRST + 3 * DAY)
    place.load({whole: [*rows(0, 9), *rows(9, 9, on=1), *rows(18, 9, on=2)]})
    assert names(place) == [f"date=2024-10-0{number}/part-0.parquet" for number in (4, 5, 6)]
    found = duckdb.sql(
        f"SELECT date, count(*) FROM '{place.target}**/*.parquet' GROUP BY date ORDER BY date"
    ).fetchall()
    assert [count for _, count in found] == [9, 9, 9]


def test_rows_that_are_not_in_order_of_time_find_their_day(place: FolderPlace) -> None:
    mixed = [row(number, on=number % 2) for number in range(20)]
    place.load({Slice("all", FIRST, FIRST + 2 * DAY): mixed}, BY_TIME)
    assert place.ids() == list(range(20))
    assert len(names(place)) == 2


def test_a_part_of_a_day_is_replaced_and_its_other_hours_stay(place: FolderPlace) -> None:
    hours = [row(number, at=FIRST + number * HOUR) for number in range(24)]
    place.load({day(0): hours, day(1): rows(100, 3, on=1)}, BY_TIME)
    part = Slice("part", FIRST + 6 * HOUR, FIRST + 12 * HOUR)
    for _ in range(2):
        place.load({part: [row(200, at=FIRST + 7 * HOUR)]}, BY_TIME)
    assert place.ids() == [*range(6), *range(12, 24), 100, 101, 102, 200]
    place.load(
        {Slice("rest", FIRST + 12 * HOUR, FIRST + DAY): [], Slice("night", FIRST, FIRST + 6 * HOUR): []}, BY_TIME
    )
    assert place.ids() == [100, 101, 102, 200]


def test_rows_that_stay_in_a_day_take_the_new_columns_or_stop_the_load(place: FolderPlace) -> None:
    place.load({day(0): rows(0, 2)}, BY_TIME)
    later = Slice("later", FIRST + 12 * HOUR, FIRST + DAY)
    more = SCHEMA.append(pa.field("plan", pa.string()))
    place.load({later: [row(9, at=FIRST + 13 * HOUR, plan="gold")]}, BY_TIME, schema=more)
    assert {one["id"]: one["plan"] for one in place.rows()} == {0: None, 1: None, 9: "gold"}
    with pytest.raises(WrongInput) as refused:
        place.load({later: []}, BY_TIME)
    assert refused.value.code == "columns_changed"
    assert place.ids() == [0, 1, 9]
    assert place.left_behind() == []


def test_a_day_without_rows_has_no_file_and_foreign_files_stay(place: FolderPlace) -> None:
    place.load({day(0): rows(0, 2), day(1): rows(5, 2, on=1)}, BY_TIME)
    (Path(place.target) / "README").write_text("mine")
    place.load({day(0): []}, BY_TIME)
    assert names(place) == ["README", "date=2024-10-05/part-0.parquet"]
    place.load({day(2): rows(7, 2, on=2)})
    assert names(place) == ["README", "date=2024-10-06/part-0.parquet"]


def test_rows_without_a_time_have_a_place_of_their_own_when_everything_is_replaced(place: FolderPlace) -> None:
    one = row(1, at=None)
    place.load({day(0): [one, row(2)]})
    assert names(place) == ["date=2024-10-04/part-0.parquet", f"date={NO_DAY}/part-0.parquet"]
    assert pq.ParquetFile(Path(place.target) / f"date={NO_DAY}/part-0.parquet").read().to_pylist()[0]["id"] == 1


def test_times_before_1970_have_the_day_on_which_they_were(place: FolderPlace) -> None:
    place.load({day(0): [row(1, at=-1), row(2, at=-DAY), row(3, at=0)]})
    assert names(place) == ["date=1969-12-31/part-0.parquet", "date=1970-01-01/part-0.parquet"]
    assert place.rows() == expected([row(1, at=-1), row(2, at=-DAY), row(3, at=0)])


def test_a_changed_type_is_reported_because_other_files_keep_theirs(place: FolderPlace) -> None:
    place.load({day(0): rows(0, 2)}, BY_TIME)
    changed = SCHEMA.set(SCHEMA.get_field_index("score"), pa.field("score", pa.string()))
    place.load({day(1): rows(5, 1, on=1, score="high")}, BY_TIME, schema=changed)
    assert [note.code for note in place.notes] == ["column_changed"]


def test_a_resource_without_times_and_a_file_in_the_way_are_refused(place: FolderPlace) -> None:
    with pytest.raises(WrongInput) as refused:
        Place.open(place, Load()).ensure_schema(SCHEMA)
    assert refused.value.code == "load_unsupported"
    Path(place.target.rstrip("/")).write_text("a file")
    with pytest.raises(WrongInput) as refused:
        place.open().ensure_schema(SCHEMA)
    assert refused.value.code == "target_not_a_folder"


def test_a_folder_that_is_not_empty_is_not_ours(place: FolderPlace) -> None:
    Path(place.target).mkdir()
    place.open(may_replace=False).ensure_schema(SCHEMA)
    (Path(place.target) / "mine").write_text("x")
    with pytest.raises(Conflict) as refused:
        place.open(may_replace=False, run_id="r2").ensure_schema(SCHEMA)
    assert refused.value.code == "target_exists"
