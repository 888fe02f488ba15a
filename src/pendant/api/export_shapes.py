"""What programs are answered about exports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pendant.api.shapes import NoteShape, RunShape, Shape, SpanShape
from pendant.model.export import Mode, Position, StoredExport
from pendant.model.pipeline import LoadMode
from pendant.services.export_plans import Plan, Preview
from pendant.services.exports import Detail, Saved


class DelaysShape(Shape):
    horizon_hours: int
    lookback_days: int
    final_days: int


class ExportShape(Shape):
    id: str
    name: str
    version: int
    created_at: datetime | None
    updated_at: datetime | None
    updated_by: str
    resource: str
    connection: str
    target: str
    since: datetime | None
    until: datetime | None
    last: str
    apps: tuple[str, ...]
    select: str
    filter: str
    limit: int
    replace: bool
    ids: tuple[str, ...]
    pipeline: str
    mode: Mode
    load: LoadMode | None
    delays: DelaysShape

    @classmethod
    def of(cls, stored: StoredExport) -> ExportShape:
        own = ("id", "name", "version", "created_at", "updated_at", "updated_by")
        asked = {name: getattr(stored.export, name) for name in cls.model_fields if name not in (*own, "delays")}
        return cls(
            **{name: getattr(stored, name) for name in own},
            **asked,
            delays=DelaysShape.model_validate(stored.export.delays),
        )


class ExportsShape(Shape):
    exports: tuple[ExportShape, ...]


class SavedExportShape(Shape):
    """`position_forgotten`: connection or target is another, so the next run begins anew."""

    export: ExportShape
    position_forgotten: bool

    @classmethod
    def of(cls, saved: Saved) -> SavedExportShape:
        return cls(export=ExportShape.of(saved.stored), position_forgotten=saved.position_forgotten)


class PositionShape(Shape):
    began: datetime
    position: datetime
    final: datetime
    moved_at: datetime | None

    @classmethod
    def of(cls, position: Position | None) -> PositionShape | None:
        return cls.model_validate(position) if position else None


class ExportDetailShape(Shape):
    export: ExportShape
    position: PositionShape | None
    runs: tuple[RunShape, ...]

    @classmethod
    def of(cls, detail: Detail) -> ExportDetailShape:
        runs = tuple(RunShape.of(run) for run in detail.runs)
        return cls(export=ExportShape.of(detail.stored), position=PositionShape.of(detail.position), runs=runs)


class PlannedSliceShape(Shape):
    key: str
    label: str
    rows: int | None


class PlanShape(Shape):
    mode: Mode
    load: LoadMode
    target: str
    windows: tuple[SpanShape, ...]
    slices: tuple[PlannedSliceShape, ...]
    rows: int | None
    requests: int
    position: PositionShape | None
    position_after: PositionShape | None
    time_zone: str

    @classmethod
    def of(cls, plan: Plan) -> PlanShape:
        return cls(
            mode=plan.mode,
            load=plan.load,
            target=plan.target,
            windows=tuple(SpanShape.model_validate(span) for span in plan.windows),
            slices=tuple(
                PlannedSliceShape(key=each.slice.key, label=each.slice.label, rows=each.rows) for each in plan.slices
            ),
            rows=plan.rows,
            requests=plan.requests,
            position=PositionShape.of(plan.position),
            position_after=PositionShape.of(plan.position_after),
            time_zone=plan.time_zone,
        )


class ColumnShape(Shape):
    name: str
    type: str


class PreviewShape(Shape):
    """A row has its values in the order of `columns`; times are text."""

    columns: tuple[ColumnShape, ...]
    rows: tuple[tuple[Any, ...], ...]
    notes: tuple[NoteShape, ...]

    @classmethod
    def of(cls, preview: Preview) -> PreviewShape:
        return cls(
            columns=tuple(ColumnShape(name=name, type=kind) for name, kind in preview.columns),
            rows=preview.rows,
            notes=tuple(NoteShape.model_validate(note) for note in preview.notes),
        )
