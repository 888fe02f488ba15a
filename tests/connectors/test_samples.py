"""Each Pendo resource declares one record as it comes; it becomes a row without anything left over."""

from __future__ import annotations

import json

import msgspec
import pytest

from pendant.connectors.catalogue import load
from pendant.connectors.pendo.convert import Converter
from pendant.connectors.pendo.inference import columns_in, known_times
from pendant.connectors.pendo.layout import Layout, declared
from pendo_reading import Counts

PENDO = load().connector("pendo")


@pytest.mark.parametrize("resource", PENDO.resources, ids=lambda one: one.name)
def test_the_sample_of_a_resource_becomes_a_row(resource):
    found = declared(PENDO.columns_of(resource))
    layout = Layout(found or columns_in([resource.sample], known_times(PENDO)))
    meter = Counts()
    converter = Converter(layout)
    piece = converter.look([msgspec.Raw(json.dumps(resource.sample).encode())])
    (row,) = converter.batch(piece, meter).to_pylist()
    assert meter.notes == []
    rest = json.loads(row["other_fields"] or "{}")
    assert set(rest) <= ({"metadata"} if resource.metadata else set())
    assert any(value is not None for value in row.values())


@pytest.mark.parametrize("resource", PENDO.resources, ids=lambda one: one.name)
def test_key_time_and_position_are_columns(resource):
    columns = {column.name: column for column in declared(PENDO.columns_of(resource))}
    named = {*resource.key, *filter(None, (resource.time, resource.position))}
    assert named <= set(columns)
    assert {columns[name].type.value for name in filter(None, (resource.time, resource.position))} <= {
        "time",
        "time_or_never",
    }
