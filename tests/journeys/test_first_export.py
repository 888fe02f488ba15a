"""The first day: a connection, a test, files that can be queried, and every row that Pendo holds."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

import duckdb
import pytest

import pendosim
from journeys.installation import Installation, Standing, ended, left_behind, started
from journeys.rows import KINDS, columns_in, counted, rows_in

EVENTS = ("events", "pageEvents", "featureEvents", "trackEvents", "guideEvents", "pollEvents")
SUBSCRIPTION_ZONE = "America/New_York"


def test_from_a_key_to_a_table_that_can_be_queried(installation: Installation, pendo: pendosim.Pendo) -> None:
    installation.connect(pendo, "Acme production")
    tested = installation.pendant("connections", "test", "acme production", "--json").json
    assert (tested["ok"], tested["access"]) == (True, "read-write")
    assert [stage["outcome"] for stage in tested["stages"] if stage["name"] in ("answer", "key", "access")] == [
        "ok"
    ] * 3

    home = installation.home
    for resource in ("pageEvents", "pages"):
        said = installation.export(resource, "acme.duckdb", connection="Acme production")
        assert said.code == 0, said.err
        assert f"{pendo.expected(resource).rows} rows of {resource}" in said.out
    with duckdb.connect(str(home / "acme.duckdb"), read_only=True) as database:
        top = database.execute(
            "SELECT p.name, sum(e.numEvents) FROM pageEvents e JOIN pages p ON p.id = e.pageId GROUP BY ALL ORDER BY 2"
        ).fetchall()
    assert sum(events for _, events in top) == pendo.expected("pageEvents").num_events
    assert all(name for name, _ in top)

    said = installation.export("visitors", "visitors.parquet", connection="Acme production")
    assert "300 rows of visitors" in said.out
    ids = [row["visitorId"] for row in rows_in(home / "visitors.parquet")]
    assert sorted(ids) == list(pendo.expected("visitors").ids or ())

    runs = installation.pendant("runs", "list", "--json").json
    assert [(run["resource"], run["state"]) for run in runs] == [
        ("visitors", "finished"),
        ("pages", "finished"),
        ("pageEvents", "finished"),
    ]
    shown = installation.pendant("runs", "show", runs[0]["id"][:8]).out
    assert "visitors of Acme production" in shown
    assert str(home / "visitors.parquet") in shown


def test_the_same_command_again_gives_the_same_rows_in_a_new_file(connected: Installation) -> None:
    target = connected.home / "events.jsonl"
    command = ("pageEvents", str(target))
    assert connected.export(*command).code == 0
    first, inode = target.read_bytes(), target.stat().st_ino
    assert connected.export(*command).code == 0
    assert target.read_bytes() == first
    assert target.stat().st_ino != inode
    assert [path.name for path in connected.home.iterdir() if "events" in path.name] == ["events.jsonl"]


def test_a_file_that_another_export_wrote_is_replaced_only_when_asked(standing: Standing) -> None:
    assert standing.export("pages", "shared.csv")["state"] == "finished"
    before = (standing.exports / "shared.csv").read_bytes()
    asked = {"resource": "features", "connection": "Production", "target": "shared.csv"}
    refused = standing.server.program.post("/api/v1/runs", asked)
    assert (refused.status, refused.code) == (409, "target_exists")
    assert (standing.exports / "shared.csv").read_bytes() == before
    assert standing.export("features", "shared.csv", replace=True)["state"] == "finished"
    assert (standing.exports / "shared.csv").read_bytes() != before


RESOURCES = (
    "visitors", "accounts", "pages", "features", "trackTypes", "guides", "reports", "segments", "metadataSchemas",
    *EVENTS,
)  # fmt: skip


def test_the_resources_exported_here_are_listed(standing: Standing) -> None:
    listed = standing.installation.pendant("resources", "list", "--json").json
    assert {one["name"] for one in listed} >= set(RESOURCES)


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_resource_becomes_every_kind_of_target(standing: Standing, pendo: pendosim.Pendo, resource: str) -> None:
    expected = fields_of_schemas(pendo) if resource == "metadataSchemas" else pendo.expected(resource).rows
    program, name = standing.server.program, f"every-{resource}"
    started_runs = {kind: started(program, resource, f"{name}{kind}") for kind in KINDS}
    for kind, run_id in started_runs.items():
        run = ended(program, run_id)
        assert (run["state"], run["rows_read"], run["rows_written"]) == ("finished", expected, expected), run["reason"]
        assert len(rows_in(standing.exports / f"{name}{kind}", resource)) == expected, kind
    assert left_behind(standing.exports) == []
    assert expected > 0


def fields_of_schemas(pendo: pendosim.Pendo) -> int:
    """Count the metadata fields of visitors and accounts as Pendo lists them."""
    fields = 0
    for kind in ("visitor", "account"):
        asked = Request(f"{pendo.api}/api/v1/metadata/schema/{kind}", headers={"x-pendo-integration-key": pendo.key})
        with urlopen(asked, timeout=10) as answer:
            fields += sum(len(group) for group in json.load(answer).values())
    return fields


def test_all_kinds_of_target_hold_the_same_rows(standing: Standing) -> None:
    names = ("visitorId", "numEvents", "appId")
    for kind in KINDS:
        assert standing.export("pageEvents", f"same{kind}")["state"] == "finished"
    wanted = columns_in(standing.exports / "same.parquet", "pageEvents", *names)
    for kind in KINDS:
        found = rows_in(standing.exports / f"same{kind}", "pageEvents")
        typed = [
            {"visitorId": r["visitorId"], "numEvents": int(r["numEvents"]), "appId": int(r["appId"])} for r in found
        ]
        assert counted(typed, *names) == wanted, kind


def test_all_applications_unless_some_are_chosen(standing: Standing, pendo: pendosim.Pendo) -> None:
    standing.export("pageEvents", "all.jsonl")
    apps = sorted({row["appId"] for row in rows_in(standing.exports / "all.jsonl")})
    assert len(apps) == 2
    for app in apps:
        run = standing.export("pageEvents", f"app{app}.jsonl", apps=[str(app)])
        assert run["rows_written"] == pendo.expected("pageEvents", apps=[app]).rows
        assert {row["appId"] for row in rows_in(standing.exports / f"app{app}.jsonl")} == {app}
    run = standing.export("pages", "pages-of-one.jsonl", apps=[str(apps[-1])])
    assert run["rows_written"] == pendo.expected("pages", apps=[apps[-1]]).rows


@pytest.mark.parametrize("resource", ["pageEvents", "guideEvents"])
def test_only_the_days_that_are_asked_for(standing: Standing, pendo: pendosim.Pendo, resource: str) -> None:
    """A day belongs to those on which it begins; it begins at midnight where the subscription lives."""
    now = datetime.fromtimestamp(pendo.clock.now() / 1000, UTC)
    since, until = ((now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0) for days in (8, 3))
    run = standing.export(resource, f"days-{resource}.csv", since=since.isoformat(), until=until.isoformat())
    zone = ZoneInfo(SUBSCRIPTION_ZONE) if resource == "pageEvents" else UTC
    first, last = (round(moment.replace(tzinfo=zone).timestamp() * 1000) for moment in (since, until))
    assert run["rows_written"] == pendo.expected(resource, since=first, until=last).rows
    assert 0 < run["rows_written"] < pendo.expected(resource).rows


def test_columns_and_rows_are_chosen_in_sql(standing: Standing, pendo: pendosim.Pendo) -> None:
    words = {"select": "visitorId AS who, numEvents * 2 AS twice", "filter": "contains(visitorId, '1')"}
    standing.export("pageEvents", "some.csv", apps=["-323232"], **words)
    standing.export("pageEvents", "whole.csv", apps=["-323232"])
    whole = rows_in(standing.exports / "whole.csv")
    assert len(whole) == pendo.expected("pageEvents", apps=[-323232]).rows
    wanted = Counter((r["visitorId"], str(int(r["numEvents"]) * 2)) for r in whole if "1" in r["visitorId"])
    assert wanted
    assert columns_in(standing.exports / "some.csv", "", "who", "twice") == wanted


@pytest.mark.parametrize("limit", [1, 7, 10_000])
def test_no_more_rows_than_the_limit(standing: Standing, pendo: pendosim.Pendo, limit: int) -> None:
    wanted = min(limit, pendo.expected("pageEvents").rows)
    assert standing.export("pageEvents", f"limit{limit}.jsonl", limit=limit)["rows_written"] == wanted
    assert len(rows_in(standing.exports / f"limit{limit}.jsonl")) == wanted
