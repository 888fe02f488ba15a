from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pendant.app import App
from pendant.errors import Conflict, NotAllowed, NotFound, WrongInput
from pendant.model.access import Actor
from pendant.model.connection import Draft
from pendant.model.export import Delays, Export, Mode
from pendant.model.pipeline import LoadMode
from pendant.services import connections, export_plans, export_runs, exports
from pendant.store import audit
from pendosim import Pendo

SINCE = datetime(2025, 11, 18, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _production(app: App, olga: Actor, draft: Draft, pendo: Pendo) -> None:
    connections.create(app, olga, draft, pendo.key, test=False)


@pytest.fixture
def asked(tmp_path: Path) -> Export:
    return Export("pageEvents", "production", str(tmp_path / "e.duckdb"), since=SINCE)


def test_what_is_stored_comes_back(app: App, otto: Actor, asked: Export) -> None:
    full = replace(
        asked,
        apps=("-323232",),
        select="visitorId, day",
        filter="numEvents > 1",
        mode=Mode.INCREMENTAL,
        load=LoadMode.SLICES,
        delays=Delays(1, 2, 3),
    )
    stored = exports.create(app, otto, " Nightly ", full).stored
    assert (stored.name, stored.version, stored.updated_by) == ("Nightly", 1, "Otto")
    assert stored.export == replace(full, connection="Production")
    detail = exports.get(app, otto, "NIGHTLY")
    assert (detail.stored, detail.position, detail.runs) == (stored, None, ())
    assert exports.find(app, otto, search="page") == [stored]
    assert exports.find(app, otto, search="nowhere") == []
    assert exports.find(app, otto, connection="Production") == [stored]


def test_two_exports_never_have_the_same_name(app: App, otto: Actor, asked: Export) -> None:
    exports.create(app, otto, "Nightly", asked)
    second = exports.create(app, otto, "Other", asked).stored
    with pytest.raises(Conflict, match="Nightly"):
        exports.create(app, otto, "nightly", asked)
    with pytest.raises(Conflict, match="Nightly"):
        exports.replace(app, otto, second.id, "NIGHTLY", asked, version=1)
    assert [each.version for each in exports.find(app, otto)] == [1, 1]


def test_who_was_slower_saves_nothing(app: App, otto: Actor, asked: Export) -> None:
    stored = exports.create(app, otto, "Nightly", asked).stored
    exports.replace(app, otto, stored.id, "Nightly", replace(asked, limit=5), version=1)
    with pytest.raises(Conflict) as refused:
        exports.replace(app, otto, stored.id, "Nightly", replace(asked, limit=6), version=1)
    assert refused.value.code == "version_changed"
    assert exports.get(app, otto, "Nightly").stored.export.limit == 5


def test_every_change_leaves_its_entry_in_the_audit_log(app: App, otto: Actor, asked: Export) -> None:
    exports.create(app, otto, "Nightly", asked)
    exports.replace(app, otto, "Nightly", "Nightly", replace(asked, limit=5), version=1)
    exports.reset_position(app, otto, "Nightly")
    exports.delete(app, otto, "Nightly")
    with app.database.read() as tx:
        entries = [(entry.action, entry.fields) for entry in audit.recent(tx) if entry.object_kind == "export"]
    assert entries == [
        ("export.delete", ()),
        ("export.reset_position", ("position",)),
        ("export.replace", ("limit",)),
        ("export.create", ()),
    ]


def test_a_connection_that_an_export_reads_from_is_not_deleted_and_may_be_renamed(
    app: App, olga: Actor, asked: Export, draft: Draft, pendo: Pendo
) -> None:
    exports.create(app, olga, "Nightly", asked)
    with pytest.raises(Conflict, match="the export Nightly"):
        connections.delete(app, olga, "Production")
    assert [use.kind for use in connections.used_by(app, olga, "Production")] == ["export"]
    connections.replace(app, olga, "Production", replace(draft, name="Live"), pendo.key, version=1, test=False)
    assert exports.get(app, olga, "Nightly").stored.export.connection == "Live"
    exports.delete(app, olga, "Nightly")
    connections.delete(app, olga, "Live")


def test_an_export_with_a_run_that_has_not_ended_is_not_deleted(app: App, olga: Actor, asked: Export) -> None:
    exports.create(app, olga, "Nightly", asked)
    run = export_runs.run(app, olga, "Nightly")
    assert (run.export_name, run.definition["mode"]) == ("Nightly", "full")
    with pytest.raises(Conflict, match=run.id[:8]):
        exports.delete(app, olga, "Nightly")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"target": ""}, "target_required", "target"),
        ({"resource": "pageEvent"}, "unknown_resource", "resource"),
        ({"last": "soon", "since": None}, "time_invalid", "last"),
        ({"last": "30d"}, "times_invalid", "last"),
        ({"mode": Mode.WINDOW, "since": None}, "window_required", "since"),
        ({"mode": Mode.WINDOW, "resource": "visitors", "since": None, "last": ""}, "mode_invalid", "mode"),
        ({"mode": Mode.INCREMENTAL, "until": datetime(2025, 11, 19, tzinfo=UTC)}, "mode_invalid", "mode"),
        ({"mode": Mode.INCREMENTAL, "limit": 5}, "mode_invalid", "mode"),
        ({"mode": Mode.INCREMENTAL, "load": LoadMode.REPLACE}, "load_invalid", "load"),
        ({"mode": Mode.INCREMENTAL, "load": LoadMode.APPEND}, "load_invalid", "load"),
        ({"mode": Mode.INCREMENTAL, "target": "e.csv"}, "load_unsupported", "mode"),
        ({"delays": Delays(horizon_hours=-1)}, "delay_invalid", "horizon_hours"),
        ({"delays": Delays(horizon_hours=48, final_days=1)}, "delay_invalid", "final_days"),
        ({"apps": ("one",)}, "apps_invalid", "apps"),
    ],
)
def test_what_contradicts_itself_is_not_stored(
    app: App, otto: Actor, asked: Export, change: dict[str, Any], code: str, *, field: str
) -> None:
    with pytest.raises(WrongInput) as refused:
        exports.create(app, otto, "Nightly", replace(asked, **change))
    assert (refused.value.code, refused.value.field) == (code, field)
    assert exports.find(app, otto) == []


def test_e16_who_only_looks_changes_and_runs_nothing(app: App, otto: Actor, vera: Actor, asked: Export) -> None:
    exports.create(app, otto, "Nightly", asked)
    assert exports.get(app, vera, "Nightly").stored.name == "Nightly"
    for refused in (
        lambda: exports.create(app, vera, "Other", asked),
        lambda: exports.replace(app, vera, "Nightly", "Nightly", asked, version=1),
        lambda: exports.delete(app, vera, "Nightly"),
        lambda: exports.reset_position(app, vera, "Nightly"),
        lambda: export_runs.run(app, vera, "Nightly"),
        lambda: export_runs.backfill(app, vera, "Nightly", since=SINCE, until=app.clock.now()),
        lambda: export_plans.plan(app, vera, "Nightly"),
        lambda: export_plans.preview(app, vera, asked),
    ):
        with pytest.raises(NotAllowed):
            refused()


def test_a_name_that_is_nearly_right_is_answered_with_the_right_one(app: App, otto: Actor, asked: Export) -> None:
    exports.create(app, otto, "Nightly", asked)
    with pytest.raises(NotFound, match="Nightly"):
        exports.get(app, otto, "Nigthly")


def test_an_incremental_export_needs_a_name(app: App, otto: Actor, asked: Export) -> None:
    with pytest.raises(WrongInput) as refused:
        export_runs.start(app, otto, replace(asked, mode=Mode.INCREMENTAL))
    assert refused.value.code == "mode_invalid"


def test_a_plan_of_a_full_export_counts_and_reads_nothing(app: App, otto: Actor, asked: Export, pendo: Pendo) -> None:
    exports.create(app, otto, "Nightly", asked)
    pendo.forget_requests()
    plan = export_plans.plan(app, otto, "Nightly")
    assert plan.rows == pendo.expected("pageEvents", since=round(SINCE.timestamp() * 1000)).rows
    assert plan.load is LoadMode.REPLACE
    assert all(each.bytes < 200 for each in pendo.requests), "counts are short, rows are not"
    assert plan.requests == 2 * len(plan.slices)


def test_a_preview_is_what_a_run_would_write_and_leaves_nothing(
    app: App, otto: Actor, asked: Export, tmp_path: Path
) -> None:
    before = set(tmp_path.iterdir())
    shown = replace(asked, target="", select="upper(visitorId) AS id, day, numEvents", filter="numEvents > 0")
    preview = export_plans.preview(app, otto, shown, rows=4)
    assert preview.columns == (("id", "string"), ("day", "timestamp[ms, tz=UTC]"), ("numEvents", "int64"))
    assert len(preview.rows) == 4
    assert all(isinstance(day, str) and day.startswith("2025-11-") for _, day, _ in preview.rows)
    assert set(tmp_path.iterdir()) == before
    with pytest.raises(WrongInput) as refused:
        export_plans.preview(app, otto, shown, rows=101)
    assert refused.value.field == "rows"
