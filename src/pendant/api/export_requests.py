"""What programs send about exports. Unknown fields are errors, as everywhere."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from pendant.api.requests import Line, Sent, Uri
from pendant.model.export import Delays, Export, Mode
from pendant.model.pipeline import LoadMode
from pendant.services.export_plans import ROWS_DEFAULT, ROWS_MAX

Sql = Annotated[str, Field(max_length=20_000)]
Whole = Annotated[int, Field(ge=0, strict=True)]


class DelaysSent(Sent):
    horizon_hours: Whole = 8
    lookback_days: Whole = 3
    final_days: Whole = 9


class ExportSent(Sent):
    """`last` ("30d") instead of `since` means another day at each run; `load` null means what suits the mode."""

    resource: Line
    connection: Line
    target: Uri
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    last: Line = ""
    apps: Annotated[tuple[Line, ...], Field(max_length=1000)] = ()
    select: Sql = ""
    filter: Sql = ""
    limit: Whole = 0
    replace: bool = False
    ids: Annotated[tuple[Annotated[str, Field(max_length=2000)], ...], Field(max_length=20_000)] = ()
    pipeline: Annotated[str, Field(max_length=200_000)] = ""
    mode: Mode = Mode.FULL
    load: LoadMode | None = None
    delays: DelaysSent = DelaysSent()

    def export(self) -> Export:
        values = {name: getattr(self, name) for name in ExportSent.model_fields if name != "delays"}
        return Export(**values, delays=Delays(**self.delays.model_dump()))


class CreateExport(ExportSent):
    name: Line


class ReplaceExport(CreateExport):
    """Take the whole export: what is left out becomes the default, never what was stored before."""

    version: Annotated[int, Field(ge=1, strict=True)]


class PreviewExport(ExportSent):
    """A target is not needed: nothing is written."""

    target: Uri = ""
    rows: Annotated[int, Field(ge=1, le=ROWS_MAX, strict=True)] = ROWS_DEFAULT


class Backfill(Sent):
    since: AwareDatetime
    until: AwareDatetime


class ResetPosition(Sent):
    to: AwareDatetime | None = None
