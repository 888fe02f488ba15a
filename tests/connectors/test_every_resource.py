"""Every declared resource, in whatever sizes it is read: what arrives is what the simulator holds, no more, no less."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from pendant.connectors.catalogue import load
from pendant.connectors.declaration import Resource
from pendant.model.pipeline import Shape
from pendo_reading import NOW, Reading, opened_reading
from pendo_truth import DAY_MS, Truth, as_columns, put_together, same

# A new resource is compared by itself; these cannot be, for the reason beside them.
NOT_COMPARED = {"emailEvents": "the simulator sends no e-mails, and refuses the source by its name"}
# Of these, Pendo's answer holds what the truth leaves out: only the columns that it names are compared.
FEWER_FIELDS = {"npsAnswers": ["guideId", "visitorId", "ratedAt", "rating", "comment"]}
SIZES = {
    1: {"page": 1, "slice_ids": 1, "window_days": 1},
    2: {"page": 2, "slice_ids": 2, "window_days": 2},
    7: {"page": 7, "slice_ids": 7, "window_days": 7},
    1_000: {"page": 1_000, "slice_ids": 1_000, "window_days": 30},
    50_000: {"page": 50_000, "slice_ids": 100_000, "window_days": 0},
}
CONNECTOR = load().connector("pendo")
RESOURCES = [resource for resource in CONNECTOR.resources if resource.name not in NOT_COMPARED]


@pytest.fixture(scope="module")
def one() -> Iterator[Reading]:
    options = {"visitors": 30, "accounts": 5, "days": 8, "events_per_day": 60, "apps": 2, "new_fields": True}
    with opened_reading(load(), **options, erase_delay=86_400) as started:
        with started.pendo.world.present() as state:
            state.erasures.begin("visitor", ["one", "two"])
            state.metadata.never_process("account", started.pendo.world.ids("account")[:1])
        yield started


@pytest.fixture(scope="module")
def truth(one: Reading) -> Truth:
    midnight = one.pendo.world.calendar.floor("day", NOW)
    return Truth(one.pendo, CONNECTOR, midnight - 7 * DAY_MS + 3_600_000, midnight)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_what_arrives_is_what_the_simulator_holds(one: Reading, truth: Truth, resource: Resource, size: int) -> None:
    expected = truth.records(resource)
    assert expected
    asked = truth.asked(resource) | SIZES[size]
    lines = one.table(resource.name, shape=Shape.RECORDS, **asked).column(0).to_pylist()
    fields = FEWER_FIELDS.get(resource.name)
    assert same([json.loads(line) for line in lines], fields) == same(expected, fields)
    layout = truth.columns(one.channel, resource)
    rows = one.table(resource.name, **asked).to_pylist()
    assert same([put_together(layout, row) for row in rows], fields) == same(
        [as_columns(layout, record) for record in expected], fields
    )


def test_what_cannot_be_compared_is_declared() -> None:
    assert set(NOT_COMPARED) <= {resource.name for resource in CONNECTOR.resources}
