"""What is not as it was at the last run of a stored export stands on the run; nothing of it is silent."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pendant.app import App
from pendant.engine.worker import Worker
from pendant.errors import WrongInput
from pendant.model.access import local_actor
from pendant.model.export import Export, Mode
from pendant.model.pipeline import LoadMode
from pendant.model.run import Run, RunState
from pendant.services import export_runs, exports
from pendosim import Pendo
from pendosim.world.fields import NewField

OWNER = local_actor()


class Nightly:
    """A stored export of visitors that runs again and again."""

    def __init__(self, app: App, worker: Worker, folder: Path) -> None:
        self.app = app
        self.worker = worker
        self.folder = folder

    def store(self, resource: str, target: str, **more: Any) -> None:
        exports.create(self.app, OWNER, "Nightly", Export(resource, "Production", f"{self.folder}/{target}", **more))

    def run(self) -> Run:
        queued = export_runs.run(self.app, OWNER, "Nightly")
        return self.worker.run_now(queued.id, lambda _: None)

    def notes(self) -> dict[str, str]:
        run = self.run()
        assert run.state is RunState.FINISHED, run.reason
        return {note.code: note.message for note in run.notes}


@pytest.fixture
def nightly(app: App, worker: Worker, tmp_path: Path) -> Nightly:
    return Nightly(app, worker, tmp_path)


def write(pendo: Pendo, visitor: str, **values: Any) -> None:
    with pendo.world.present() as state:
        state.metadata.write_many("visitor", "custom", [{"visitorId": visitor, "values": values}], create=False)


def test_metadata_fields_that_come_go_and_change_their_type_are_told(nightly: Nightly, pendo: Pendo) -> None:
    nightly.store("visitors", "visitors.duckdb", load=LoadMode.MERGE, mode=Mode.INCREMENTAL)
    visitor = pendo.world.ids("visitor")[20]
    write(pendo, visitor, shoe="43")
    with pendo.world.present() as state:
        state.fields.add("visitor", "custom", NewField("level", "integer", "Level"))
    assert nightly.notes() == {}
    with pendo.world.present() as state:
        state.delete_field("visitor", "custom", "shoe")
        state.delete_field("visitor", "custom", "level")
    write(pendo, visitor, hat="L")
    told = nightly.notes()
    assert "custom_hat" in told["columns_new"]
    assert "custom_shoe" in told["columns_gone"]
    assert {"column_added", "column_vanished"} <= set(told)
    assert nightly.notes().keys() <= {"column_vanished"}


def test_an_undeclared_field_is_told_when_it_comes_first(nightly: Nightly, pendo: Pendo) -> None:
    nightly.store("pages", "pages.parquet")
    assert nightly.notes() == {}
    pendo.world.definitions.pages[0]["neverSeen"] = {"deep": 1}
    assert "other_fields.neverSeen" in nightly.notes()["columns_new"]
    assert nightly.notes() == {}


def test_an_empty_answer_is_told_where_none_was_empty(nightly: Nightly, pendo: Pendo) -> None:
    nightly.store("reports", "reports.jsonl")
    assert nightly.notes() == {}
    pendo.world.reports.clear()
    assert set(nightly.notes()) == {"empty_answer"}


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_a_table_that_vanished_from_its_file_is_not_begun_with_the_last_days(nightly: Nightly, kind: str) -> None:
    nightly.store("events", f"all.{kind}#events", mode=Mode.INCREMENTAL)
    assert nightly.run().state is RunState.FINISHED
    path = str(nightly.folder / f"all.{kind}")
    if kind == "duckdb":
        with duckdb.connect(path) as database:
            database.execute("CREATE TABLE other AS SELECT 1 AS one; DROP TABLE events")
    else:
        with closing(sqlite3.connect(path)) as lite:
            lite.execute("DROP TABLE events")
    run = nightly.run()
    assert (run.state, run.error_code) == (RunState.FAILED, "target_gone")
    exports.reset_position(nightly.app, OWNER, "Nightly")
    assert nightly.run().state is RunState.FINISHED


@pytest.mark.parametrize(
    ("resource", "more"),
    [
        ("events", {"mode": Mode.WINDOW, "last": "2d"}),
        ("events", {"load": LoadMode.SLICES}),
        ("visitors", {"load": LoadMode.MERGE}),
    ],
)
def test_a_limit_where_rows_give_way_by_window_or_key_is_refused(
    app: App, tmp_path: Path, resource: str, more: dict[str, Any]
) -> None:
    asked = Export(resource, "Production", f"{tmp_path}/out.duckdb", limit=5, **more)
    with pytest.raises(WrongInput) as refused:
        export_runs.start(app, OWNER, asked)
    assert (refused.value.code, refused.value.field) == ("limit_invalid", "limit")
    assert export_runs.start(app, OWNER, replace(asked, limit=0)).state is RunState.QUEUED
