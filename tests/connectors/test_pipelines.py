"""Pipelines that somebody writes: checked, sliced where that is exact, read as Pendo answers them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from pendant.connectors.pendo.pipeline_text import pipeline_of
from pendant.connectors.pendo.zone import zone_of
from pendant.errors import WrongInput
from pendosim.aggregation.pipeline import pipeline_of as simulated

SMALL = {"visitors": 40, "accounts": 8, "days": 6, "events_per_day": 150, "apps": 2}
SOURCE = {
    "source": {"pageEvents": {"appId": 'expandAppIds("*")'}},
    "timeSeries": {"period": "dayRange", "first": ":since", "last": ":until"},
}
DAILY = [SOURCE, {"group": {"group": ["day"], "fields": [{"visitors": {"count": "visitorId"}}]}}]


def plain(row):
    return {
        name: round(value.timestamp() * 1000) if isinstance(value, datetime) else value for name, value in row.items()
    }


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Sydney"])
def test_days_of_the_subscription_are_slices_and_their_rows_those_of_the_whole(reading, zone):
    one = reading(**SMALL, timezone=zone)
    since, until = datetime(2024, 3, 7, 9, tzinfo=UTC), datetime(2024, 3, 11, 15, tzinfo=UTC)
    source = one.source("aggregation", pipeline=json.dumps(DAILY), since=since, until=until, window_days=1)
    parts = source.plan()
    assert len(parts) >= 4
    found = [plain(row) for part in parts for batch in source.read(part, one.meter) for row in batch.to_pylist()]
    text = json.dumps(DAILY).replace('":since"', str(round(since.timestamp() * 1000)))
    stages = json.loads(text.replace('":until"', str(round(until.timestamp() * 1000) - 1)))
    world = one.pendo.world
    expected = [{**row, "other_fields": None} for row in simulated(stages, world, world.environment()).rows()]
    assert sorted(found, key=str) == sorted(expected, key=str) != []
    assert {note.code for note in one.meter.notes} == {"columns_inferred"}


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Sydney", "UTC"])
def test_the_time_zone_of_a_subscription_is_found(reading, zone):
    one = reading(visitors=1, accounts=1, days=0, events_per_day=0, timezone=zone)
    assert str(zone_of(one.channel, datetime(2024, 3, 11, tzinfo=UTC))) == zone


@pytest.mark.parametrize(
    "stage", [{"group": {"group": ["visitorId"]}}, {"limit": 5}, {"reduce": {"n": {"count": None}}}, {"count": None}]
)
def test_what_looks_at_the_whole_span_is_read_at_once(reading, stage):
    one = reading(**SMALL)
    source = one.source("aggregation", pipeline=json.dumps([SOURCE, stage]), window_days=1)
    (part,) = source.plan()
    assert source.count(part) == sum(batch.num_rows for batch in source.read(part, one.meter)) > 0


def test_a_pipeline_without_a_window_is_one_slice(reading):
    one = reading(**SMALL)
    text = json.dumps([{"source": {"visitors": None}}, {"select": {"id": "visitorId", "groups": "metadata"}}])
    assert one.table("aggregation", pipeline=text).num_rows == 40
    with pytest.raises(WrongInput) as problem:
        one.source("aggregation", pipeline=text, since=datetime(2024, 3, 1, tzinfo=UTC))
    assert problem.value.code == "window_unused"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '[{"filter": "a"}]',
        '[{"source": {"visitors": null}}, {"source": {"visitors": null}}]',
        '[{"source": {"visitors": null}}, {"delete": null}]',
        '[{"source": {"visitors": null}}, {"limit": 1, "skip": 1}]',
        '[{"source": {"a": null, "b": null}}]',
        '[{"source": {"events": null}, "timeSeries": {"period": "daily"}}]',
        '[{"spawn": [[{"filter": "a"}]]}]',
        "[" * 5000,
    ],
)
def test_what_is_no_pipeline_is_refused(text):
    with pytest.raises(WrongInput) as problem:
        pipeline_of(text)
    assert (problem.value.code, problem.value.field) == ("pipeline_invalid", "pipeline")


def test_the_window_is_put_where_its_places_are():
    stages = pipeline_of(json.dumps([SOURCE, {"filter": "day >= :since && day <= :until"}])).within(5, 9)
    assert stages[0]["timeSeries"] == {"period": "dayRange", "first": 5, "last": 8}
    assert stages[1] == {"filter": "day >= 5 && day <= 8"}
