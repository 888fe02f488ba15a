from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pendant.app import App
from pendant.errors import Conflict, NotAllowed, NotFound, WrongInput
from pendant.model.access import Actor
from pendant.model.connection import Draft
from pendant.model.export import Export
from pendant.model.run import RunState
from pendant.services import connections, export_runs, runs
from pendosim import Pendo


@pytest.fixture(autouse=True)
def _production(app: App, olga: Actor, draft: Draft, pendo: Pendo) -> None:
    connections.create(app, olga, draft, pendo.key, test=False)


def asked(target: Path | str, **more: Any) -> Export:
    return replace(Export("visitors", "production", str(target)), **more)


def test_what_was_asked_is_recorded_as_a_queued_run(app: App, otto: Actor, tmp_path: Path) -> None:
    run = export_runs.start(app, otto, asked(tmp_path / "v.parquet", limit=5))
    assert run.state is RunState.QUEUED
    assert (run.resource, run.connection_name, run.actor) == ("visitors", "Production", "Otto")
    assert run.definition["limit"] == 5
    assert run.created_at == app.clock.now()
    assert runs.get(app, otto, run.id[:6]) == run
    assert list(tmp_path.glob("v.parquet")) == []


def test_nothing_stays_in_the_folder_of_the_target(app: App, otto: Actor, tmp_path: Path) -> None:
    export_runs.start(app, otto, asked(tmp_path / "v.csv"))
    assert {entry.name for entry in tmp_path.iterdir()} == {"data", "keys"}


def test_a_viewer_cannot_export(app: App, vera: Actor, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        export_runs.start(app, vera, asked(tmp_path / "v.csv"))


@pytest.mark.parametrize(
    ("change", "kind", "field"),
    [
        ({"resource": "visitor"}, WrongInput, "resource"),
        ({"connection": "Prod"}, NotFound, "connection"),
        ({"target": " "}, WrongInput, "target"),
        ({"target": "v.xlsx"}, WrongInput, "target"),
        ({"limit": -1}, WrongInput, "limit"),
        ({"select": "no_such_column"}, WrongInput, "select"),
        ({"filter": "no_such_column > 1"}, WrongInput, "filter"),
    ],
)
def test_what_does_not_fit_fails_at_once_at_its_field(
    app: App, otto: Actor, tmp_path: Path, change: dict[str, Any], kind: type[Exception], *, field: str
) -> None:
    with pytest.raises(kind) as refused:
        export_runs.start(app, otto, asked(**{"target": tmp_path / "v.csv"} | change))
    assert getattr(refused.value, "field", None) == field
    assert runs.find(app, otto) == []


def test_a_target_that_somebody_else_wrote_is_kept(app: App, otto: Actor, tmp_path: Path) -> None:
    target = tmp_path / "v.csv"
    target.write_text("precious")
    with pytest.raises(Conflict) as refused:
        export_runs.start(app, otto, asked(target))
    assert refused.value.code == "target_exists"
    export_runs.start(app, otto, asked(target, replace=True))
    assert target.read_text() == "precious"


@pytest.mark.parametrize("door", ["api", "web"])
def test_other_doors_write_below_the_folder_for_exports(app: App, otto: Actor, door: str) -> None:
    guest = replace(otto, door=door)
    run = export_runs.start(app, guest, asked("monthly/v.parquet"))
    assert run.target == str(app.settings.exports.resolve() / "monthly" / "v.parquet")
    again = export_runs.start(app, guest, asked(run.target))
    assert again.target == run.target


@pytest.mark.parametrize("door", ["api", "web"])
@pytest.mark.parametrize("target", ["../v.csv", "a/../../v.csv", "/tmp/v.csv", "~/v.csv", "link/v.csv"])
def test_other_doors_do_not_write_outside_that_folder(
    app: App, otto: Actor, tmp_path: Path, *, door: str, target: str
) -> None:
    app.settings.exports.mkdir(parents=True)
    (app.settings.exports / "link").symlink_to(tmp_path)
    with pytest.raises(WrongInput) as refused:
        export_runs.start(app, replace(otto, door=door), asked(target))
    assert refused.value.code == "target_outside"
    assert list(tmp_path.glob("*.csv")) == []


def test_a_running_export_keeps_its_connection_from_being_deleted(app: App, olga: Actor, tmp_path: Path) -> None:
    run = export_runs.start(app, olga, asked(tmp_path / "v.csv"))
    with pytest.raises(Conflict, match=run.id[:8]):
        connections.delete(app, olga, "Production")
