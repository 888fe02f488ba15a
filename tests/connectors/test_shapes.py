"""The source gives its rows as columns, as records or as both, and each row is the same record in all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from msgspec import Raw

from pendant.connectors.declaration import ColumnType
from pendant.connectors.pendo.layout import Column, Layout
from pendant.connectors.pendo.records import ALL
from pendant.connectors.pendo.source import PendoSource
from pendant.model.pipeline import RECORD_FIELD, RECORDS_SCHEMA, RunMeter, Shape
from pendant.model.run import Slice
from pendo_reading import Counts

SMALL = {"visitors": 40, "accounts": 8, "days": 4, "events_per_day": 120, "apps": 3}
RESOURCES = {"visitors": "visitorId", "pages": "id", "pageEvents": "visitorId", "metadataSchemas": "field"}
ONE_RECORD = RECORD_FIELD.name


class OneList:
    """Implements Records with what it is given."""

    def __init__(self, *records: bytes) -> None:
        self._records = [Raw(record) for record in records]

    def plan(self) -> Sequence[Slice]:
        return [ALL]

    def split(self, part: Slice) -> None:
        return None

    def count(self, part: Slice) -> int:
        return len(self._records)

    def read(self, part: Slice, meter: RunMeter) -> Iterator[list[Raw]]:
        yield self._records


@pytest.mark.parametrize("resource", RESOURCES)
def test_records_stand_beside_the_columns_they_become(reading: Any, resource: str) -> None:
    one = reading(**SMALL)
    columns = one.table(resource)
    records = one.table(resource, shape=Shape.RECORDS)
    both = one.table(resource, shape=Shape.BOTH)
    assert records.schema.equals(RECORDS_SCHEMA, check_metadata=True)
    assert both.column_names == [*columns.column_names, ONE_RECORD]
    assert both.select(columns.column_names).equals(columns)
    assert both.select([ONE_RECORD]).equals(records)
    key = RESOURCES[resource]
    assert [json.loads(text)[key] for text in records[ONE_RECORD].to_pylist()] == columns[key].to_pylist()


@pytest.mark.parametrize(
    ("resource", "settings"), [("visitors", {"page": 7}), ("pageEvents", {"window_days": 1})], ids=str
)
def test_however_it_is_asked_for_the_records_are_the_same_bytes(
    reading: Any, resource: str, settings: dict[str, int]
) -> None:
    one = reading(**SMALL)
    whole = one.table(resource, shape=Shape.RECORDS)
    assert one.table(resource, shape=Shape.RECORDS, **settings).equals(whole)
    assert len(whole) == one.pendo.expected(resource).rows
    assert one.meter.rows == 2 * len(whole)


def test_records_need_no_request_for_the_columns(reading: Any) -> None:
    one = reading(**SMALL)
    assert one.source("visitors", shape=Shape.RECORDS).schema == RECORDS_SCHEMA
    assert one.meter.requests == 0


@pytest.mark.parametrize("shape", list(Shape))
def test_text_that_is_repaired_is_noted_once(shape: Shape) -> None:
    layout = Layout([Column("name", ("name",), ColumnType.TEXT)])
    source = PendoSource(OneList(b'{"name":"b\xffd"}'), lambda: layout, shape)
    meter = Counts()
    (batch,) = source.read(ALL, meter)
    assert [note.code for note in meter.notes] == ["text_repaired"]
    if shape is not Shape.RECORDS:
        assert batch["name"].to_pylist() == ["b\ufffdd"]
    if shape is not Shape.COLUMNS:
        assert batch[ONE_RECORD].to_pylist() == ['{"name":"b\ufffdd"}\n']
