"""Exports while things go wrong for a moment: exact rows or a clear error, never a short file that looks complete."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import pendosim
from journeys.installation import Installation, Standing, left_behind
from journeys.rows import rows_in

AGGREGATION = "/api/v1/aggregation"
SOURCES = {"visitors": "visitors", "pageEvents": "pageEvents"}


@dataclass(frozen=True)
class Passing:
    """Something that goes wrong once or twice and then is over."""

    kind: str
    settings: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        return " ".join([self.kind, *(f"{name}={value}" for name, value in self.settings)])


PASSING = (
    Passing("reset", (("after_bytes", 5000),)),
    Passing("reset", (("after_bytes", 0),)),
    Passing("truncate", (("after_bytes", 5000),)),
    Passing("truncate_between", (("after_bytes", 5000),)),
    Passing("rate_limited", (("retry_after", 0), ("times", 2))),
    Passing("rate_limited", (("retry_after", 1),)),
    Passing("rate_limited"),
    Passing("server_error", (("retry_after", 0),)),
    Passing("server_error"),
    Passing("unavailable", (("retry_after", 0),)),
    Passing("bad_gateway", (("retry_after", 0),)),
    Passing("timeout", (("retry_after", 0),)),
)


def arm(pendo: pendosim.Pendo, resource: str, kind: str, **settings: Any) -> None:
    where = {"source": SOURCES[resource]} if resource in SOURCES else {"path": "/api/v1/page"}
    pendo.faults.add(kind, **where, **settings)


def assert_exact(pendo: pendosim.Pendo, target: Path, resource: str, key: str) -> None:
    rows, expected = rows_in(target), pendo.expected(resource)
    assert len(rows) == expected.rows
    assert sorted({row[key] for row in rows}) == list(expected.ids or ())
    if expected.num_events:
        assert sum(row["numEvents"] for row in rows) == expected.num_events
    assert left_behind(target.parent) == []


@pytest.mark.parametrize("fault", PASSING, ids=str)
@pytest.mark.parametrize(("resource", "key"), [("visitors", "visitorId"), ("pages", "id"), ("pageEvents", "visitorId")])
def test_what_passes_costs_no_row_and_doubles_none(
    standing: Standing, pendo: pendosim.Pendo, resource: str, key: str, fault: Passing
) -> None:
    """The second matching request is hit: of the aggregations that is the one for the rows, after the count."""
    nth = 1 if resource == "pages" else 2
    arm(pendo, resource, fault.kind, nth=nth, **dict(fault.settings))
    run = standing.export(resource, f"{resource}.jsonl")
    assert run["state"] == "finished", run["reason"]
    assert sum(one["struck"] for one in pendo.faults.listed()) >= 1
    assert_exact(pendo, standing.exports / f"{resource}.jsonl", resource, key)


@pytest.mark.parametrize("resource", ["visitors", "pages", "pageEvents"])
def test_a_key_that_is_revoked_in_mid_run_is_an_error_that_leaves_the_target(
    standing: Standing, pendo: pendosim.Pendo, resource: str
) -> None:
    whole = standing.export(resource, f"revoked-{resource}.csv")
    target = standing.exports / f"revoked-{resource}.csv"
    before = target.read_bytes()
    arm(pendo, resource, "forbidden", nth=1 if resource == "pages" else 2, times=None)
    run = standing.export(resource, target.name)
    assert (run["state"], run["error_code"]) == ("failed", "credentials_refused")
    assert (run["rows_written"], whole["state"]) == (0, "finished")
    assert target.read_bytes() == before
    assert left_behind(standing.exports) == []


def test_no_rows_at_all_are_an_empty_table_with_all_its_columns(standing: Standing, pendo: pendosim.Pendo) -> None:
    full = standing.export("trackEvents", "some.csv")
    header = (standing.exports / "some.csv").read_text().splitlines()[0]
    run = standing.export("trackEvents", "none.csv", since="2020-01-01T00:00:00Z", until="2020-01-03T00:00:00Z")
    assert (run["state"], run["rows_written"]) == ("finished", 0)
    assert (standing.exports / "none.csv").read_text().splitlines() == [header]
    assert full["rows_written"] > 0


def test_null_where_pendo_counts_rows_is_not_taken_for_an_empty_answer(
    standing: Standing, pendo: pendosim.Pendo
) -> None:
    """Pendo sends an empty list where there is nothing; some say that it has sent `null`."""
    pendo.faults.add("null_results", source="pageEvents", nth=2, times=1)
    assert standing.export("pageEvents", "null-once.jsonl")["state"] == "finished"
    assert_exact(pendo, standing.exports / "null-once.jsonl", "pageEvents", "visitorId")


def test_visitors_without_their_automatic_fields_are_visitors_still(standing: Standing, pendo: pendosim.Pendo) -> None:
    pendo.faults.add("no_auto", source="visitors", times=None)
    assert standing.export("visitors", "bare.jsonl")["state"] == "finished"
    assert_exact(pendo, standing.exports / "bare.jsonl", "visitors", "visitorId")


ODD = ('"', "\\", "/", "'", " ")


def test_odd_ids_arrive_as_they_are(standing: Standing, pendo: pendosim.Pendo) -> None:
    """Quotes, backslashes, slashes, emoji, leading blanks, 500 characters: in every kind of file the same."""
    ids = list(pendo.expected("visitors").ids or ())
    assert all(any(character in one for one in ids) for character in ODD)
    assert any(ord(character) > 0xFFFF for one in ids for character in one)
    assert max(map(len, ids)) == 500
    for kind in (".parquet", ".csv", ".jsonl.zst", ".duckdb"):
        assert standing.export("visitors", f"odd{kind}")["state"] == "finished"
        found = [row["visitorId"] for row in rows_in(standing.exports / f"odd{kind}", "visitors")]
        assert sorted(found) == ids, kind


def test_one_single_moment_for_everything_loses_nothing(installation: Installation) -> None:
    """Paging by time alone would go round in a circle or skip: every event and visitor has the same time."""
    with pendosim.running(visitors=120, accounts=9, days=4, events_per_day=50, seed=3, one_timestamp=True) as instant:
        installation.connect(instant)
        for resource in ("visitors", "events"):
            said = installation.export(resource, f"{resource}.jsonl", "--json").json
            assert said["rows_written"] == instant.expected(resource).rows > 0
        rows = rows_in(installation.home / "visitors.jsonl")
        assert sorted(row["visitorId"] for row in rows) == list(instant.expected("visitors").ids or ())
        events = rows_in(installation.home / "events.jsonl")
        assert sum(row["numEvents"] for row in events) == instant.expected("events").num_events
