"""Every fault that the simulator knows, at the first, a middle and the last request: exact rows, or a clear error."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from engine.fakes import MemoryLedger
from pendant.connectors.catalogue import load
from pendant.connectors.declaration import Kind, Resource
from pendant.connectors.destinations import open_destination
from pendant.connectors.pendo.layout import Column
from pendant.engine.halt import Halt
from pendant.engine.meter import Tally
from pendant.engine.pipeline import Job, run
from pendant.engine.slices import Ends
from pendant.errors import RemoteProblem
from pendant.model.clock import SystemClock
from pendant.model.export import Export
from pendant.transform.sql import transformation
from pendo_reading import NOW, Reading, opened_reading
from pendo_truth import DAY_MS, Record, Truth, as_columns, put_together, same
from pendosim.faults import KINDS

CONNECTOR = load().connector("pendo")
OF_KIND: dict[Kind, str] = {
    "entity": "visitors",
    "rows": "groups",
    "list": "pages",
    "object": "guideOrder",
    "event": "pageEvents",
    "seen": "guidesSeen",
    "children": "guideHistory",
    "members": "segmentMembers",
    "history": "visitorHistory",
    "nps": "npsAnswers",
    "aggregation": "aggregation",
    "schema": "metadataSchemas",
}
SETTINGS: dict[str, dict[str, Any]] = {
    "reset": {"after_bytes": 400},
    "truncate": {"after_bytes": 400},
    "truncate_between": {"after_bytes": 400},
    "delay": {"seconds": 0.01},
    "drip": {"bytes_per_second": 10_000_000},
    "restated": {"events": 5},
}
SIZES = {"page": 9, "slice_ids": 10, "window_days": 1}
# What is tried so as well that it never ends again; the others are answered like one of these.
LASTING = ("server_error", "forbidden", "too_large", "reset", "truncate", "truncate_between", "null_results", "no_auto")


@dataclass
class Trial:
    """One simulator, and exports of it into Parquet files in a folder of their own."""

    reading: Reading
    folder: Path
    requests: dict[str, int] = field(default_factory=dict)
    known: dict[str, list[Record]] = field(default_factory=dict)
    layouts: dict[str, Sequence[Column]] = field(default_factory=dict)

    @cached_property
    def truth(self) -> Truth:
        midnight = self.reading.pendo.world.calendar.floor("day", NOW)
        return Truth(self.reading.pendo, CONNECTOR, midnight - 2 * DAY_MS + 3_600_000, midnight)

    @property
    def target(self) -> Path:
        return self.folder / "out.parquet"

    def run(self, resource: Resource) -> Tally:
        source = self.reading.source(resource.name, **self.truth.asked(resource), **SIZES)
        tally = Tally(SystemClock())
        ends = Ends(
            source,
            transformation(source.schema, select="", filter=""),
            open_destination(Export(resource.name, "c", str(self.target)), run_id="run", may_replace=True),
        )
        run(
            Job(
                ends=ends,
                ledger=MemoryLedger(),
                tally=tally,
                halt=Halt(),
                clock=SystemClock(),
                concurrency=1,
                pause=lambda _: None,
            )
        )
        return tally

    def requests_of(self, resource: Resource) -> int:
        """Return how many requests an export sends when nothing goes wrong."""
        if resource.name not in self.requests:
            self.reading.pendo.forget_requests()
            self.run(resource)
            self.requests[resource.name] = len(self.reading.pendo.requests)
        return self.requests[resource.name]

    def rows(self, resource: Resource) -> list[Record]:
        layout = self.layout(resource)
        return [put_together(layout, row) for row in pq.read_table(self.target).to_pylist()]

    def expected(self, resource: Resource) -> list[Record]:
        """Return what there was before anything was restated."""
        if resource.name not in self.known:
            self.known[resource.name] = self.expected_now(resource)
        return self.known[resource.name]

    def expected_now(self, resource: Resource) -> list[Record]:
        layout = self.layout(resource)
        return [as_columns(layout, record) for record in self.truth.records(resource)]

    def layout(self, resource: Resource) -> Sequence[Column]:
        if resource.name not in self.layouts:
            self.layouts[resource.name] = self.truth.columns(self.reading.channel, resource)
        return self.layouts[resource.name]


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    options = {"visitors": 16, "accounts": 3, "days": 3, "events_per_day": 30, "apps": 2}
    with tempfile.TemporaryDirectory() as folder, opened_reading(load(), **options) as started:
        yield Trial(started, Path(folder))


def test_there_is_one_resource_of_every_kind() -> None:
    assert set(OF_KIND) == {resource.kind for resource in CONNECTOR.resources}
    assert {CONNECTOR.resource(name).kind for name in OF_KIND.values()} == set(OF_KIND)


@pytest.mark.parametrize("fault", KINDS)
@pytest.mark.parametrize("kind", OF_KIND)
def test_whatever_goes_wrong_the_rows_are_exact_or_there_is_an_error_and_no_file(
    trial: Trial, kind: Kind, fault: str
) -> None:
    resource = CONNECTOR.resource(OF_KIND[kind])
    trial.expected(resource)
    last = trial.requests_of(resource)
    for nth in sorted({1, (last + 1) // 2, last}):
        check(trial, resource, fault, nth=nth, times=1)
    if fault in LASTING:
        check(trial, resource, fault, nth=(last + 1) // 2, times=None)


def check(trial: Trial, resource: Resource, fault: str, **when: Any) -> None:
    trial.target.unlink(missing_ok=True)
    trial.reading.pendo.faults.add(fault, **when, **SETTINGS.get(fault, {}))
    try:
        trial.run(resource)
    except RemoteProblem:
        assert list(trial.folder.iterdir()) == []
        return
    finally:
        trial.reading.pendo.faults.clear()
    assert list(trial.folder.iterdir()) == [trial.target]
    if fault == "restated":
        assert_before_or_after(trial, resource)
    else:
        assert_exact(trial, resource, fault)


def assert_exact(trial: Trial, resource: Resource, fault: str) -> None:
    fields = ["guideId", "visitorId", "ratedAt", "rating", "comment"] if resource.kind == "nps" else None
    found, expected = trial.rows(resource), trial.expected(resource)
    if fault == "no_auto":
        found, expected = without_auto(found), without_auto(expected)
    assert same(found, fields) == same(expected, fields)


def assert_before_or_after(trial: Trial, resource: Resource) -> None:
    """What was restated while a run read it is, window by window and visitor by visitor, as it was or as it is."""
    found, before, after = (
        by_piece(resource, rows)
        for rows in (trial.rows(resource), trial.expected(resource), trial.expected_now(resource))
    )
    trial.known.clear()
    for piece in found | before | after:
        assert found.get(piece, []) in (before.get(piece, []), after.get(piece, [])), piece


def by_piece(resource: Resource, rows: list[Record]) -> dict[str, list[str]]:
    pieces: dict[str, list[Record]] = {}
    for row in rows:
        day = str(row[resource.time] // DAY_MS) if resource.time else ""
        pieces.setdefault(f"{day} {row['visitorId']}" if resource.kind == "history" else day, []).append(row)
    return {piece: same(held) for piece, held in pieces.items()}


def without_auto(rows: list[Record]) -> list[Record]:
    return [
        row | {"metadata": {name: group for name, group in row["metadata"].items() if name != "auto"}}
        if "metadata" in row
        else row
        for row in rows
    ]
