"""What a Delta table has of its own: every other promise is in the suites over all targets."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pytest

from loading_places import BY_TIME, DeltaPlace, day, rows
from pendant.errors import Conflict, SetupProblem, WrongInput


@pytest.fixture
def table(tmp_path: Path) -> DeltaPlace:
    pytest.importorskip("deltalake", reason="comes with the extra delta")
    return DeltaPlace(f"delta:{tmp_path}/out/")


def test_a_load_is_one_commit(table: DeltaPlace, tmp_path: Path) -> None:
    for number in range(3):
        table.load({day(number): rows(number * 10, 5, on=number)}, BY_TIME)
    assert len(list((tmp_path / "out" / "_delta_log").glob("*.json"))) == 3


def test_a_column_of_another_type_is_refused_before_anything_is_read(table: DeltaPlace) -> None:
    schema = pa.schema([("id", pa.int64()), ("at", pa.timestamp("ms", "UTC"))])
    table.load({day(0): rows(0, 2)}, BY_TIME, schema=schema)
    with pytest.raises(Conflict) as refused:
        table.open(BY_TIME).ensure_schema(schema.set(0, pa.field("id", pa.string())))
    assert refused.value.code == "columns_changed"


def test_a_folder_of_something_else_is_left_alone(table: DeltaPlace, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious.txt").write_text("mine")
    with pytest.raises(WrongInput) as refused:
        table.load({day(0): rows(0, 2)})
    assert refused.value.code == "target_not_delta"


def test_without_the_extra_one_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "deltalake", None)
    with pytest.raises(SetupProblem, match=r"pip install 'pendant\[delta\]'"):
        DeltaPlace(f"delta:{tmp_path}/out/").open()
