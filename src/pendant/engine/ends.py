"""What an export asks for, as the two ends of a run and what stands between them.

Rehearsing and running open them in this one way.
"""

from __future__ import annotations

from pendant.app import App
from pendant.connectors import open_source
from pendant.connectors.destinations import open_destination, takes_records
from pendant.engine.slices import Ends
from pendant.model.connection import Connection
from pendant.model.export import Export
from pendant.model.http import Meter, WayOut
from pendant.model.pipeline import RECORD_FIELD, Shape
from pendant.transform.sql import transformation


def open_ends(
    app: App,
    connection: Connection,
    export: Export,
    *,
    way_out: WayOut,
    meter: Meter | None,
    run_id: str,
    may_replace: bool,
) -> Ends:
    """Open both ends. Only columns that must be known are asked of the other system; nothing is read or written.

    Raises WrongInput for what cannot work, such as an unknown column of the filter.
    """
    shape = shape_of(export)
    source = open_source(app.catalogue, way_out, connection, export, meter, shape=shape)
    select = f'"{RECORD_FIELD.name}"' if shape is Shape.BOTH else export.select
    return Ends(
        source=source,
        transformation=transformation(source.schema, select=select, filter=export.filter),
        destination=open_destination(export, run_id=run_id, may_replace=may_replace),
    )


def shape_of(export: Export) -> Shape:
    """Let records pass as they came where the target holds them and no columns are chosen. A filter needs columns."""
    if export.select.strip() or not takes_records(export.target):
        return Shape.COLUMNS
    return Shape.BOTH if export.filter.strip() else Shape.RECORDS
