"""Which rows an export gets: columns, or records as they came."""

from __future__ import annotations

import pytest

from pendant.engine.ends import shape_of
from pendant.model.export import Export
from pendant.model.pipeline import Shape

RECORDS_TOO = ("a.jsonl", "a.ndjson", "a.jsonl.gz", "a.jsonl.zst", "A.JSONL")
COLUMNS_ONLY = ("a.parquet", "a.csv", "a.csv.gz", "a.duckdb", "a.duckdb#jsonl", "a.jsonl.duckdb")


def shape(target: str, **asked: str) -> Shape:
    return shape_of(Export("visitors", "prod", target, **asked))


@pytest.mark.parametrize("target", RECORDS_TOO)
def test_json_lines_get_records_unless_columns_are_chosen(target: str) -> None:
    assert shape(target) is Shape.RECORDS
    assert shape(target, filter="numEvents > 1") is Shape.BOTH
    assert shape(target, select="*") is Shape.COLUMNS
    assert shape(target, select="visitorId", filter="numEvents > 1") is Shape.COLUMNS


@pytest.mark.parametrize("target", COLUMNS_ONLY)
def test_every_other_target_gets_columns(target: str) -> None:
    for asked in ({}, {"filter": "numEvents > 1"}, {"select": "visitorId"}):
        assert shape(target, **asked) is Shape.COLUMNS
