"""JSON Lines hold what Pendo sent, byte for byte, unless columns are chosen."""

from __future__ import annotations

import gzip
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from msgspec import Raw

from cli.spoken import Cli, Create, Said
from pendosim import Pendo

DAY = 86_400_000
NOVEMBER = ("--since", "2025-11-01", "--until", "2025-11-21")
Export = Callable[..., Said]


class Results(msgspec.Struct):
    results: list[Raw]


@pytest.fixture
def export(cli: Cli, create: Create, home: Path) -> Export:
    create("Production")

    def run(resource: str, target: str, *more: str) -> Said:
        return cli("export", resource, "--connection", "Production", "--to", str(home / target), *more)

    return run


def visitors_sent(pendo: Pendo) -> list[bytes]:
    return sent(pendo, [{"source": {"visitors": None}}, {"sort": ["visitorId"]}])


def page_events_sent(pendo: Pendo) -> list[bytes]:
    last = pendo.clock.now()
    series = {"period": "dayRange", "first": last - 20 * DAY, "last": last}
    return sent(pendo, [{"source": {"pageEvents": {"appId": 'expandAppIds("*")'}, "timeSeries": series}}])


def sent(pendo: Pendo, pipeline: list[Any]) -> list[bytes]:
    body = json.dumps({"response": {}, "request": {"pipeline": pipeline}}).encode()
    headers = {"x-pendo-integration-key": pendo.key, "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{pendo.api}/api/v1/aggregation", data=body, headers=headers)
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return list(map(bytes, msgspec.json.decode(answer.read(), type=Results).results))


def lines_in(target: Path) -> list[bytes]:
    content = target.read_bytes()
    if target.suffix == ".gz":
        content = gzip.decompress(content)
    if target.suffix == ".zst":
        content = pa.input_stream(str(target), compression="zstd").read()
    assert content.endswith(b"\n") or not content
    return content.split(b"\n")[:-1]


@pytest.mark.parametrize("name", ["v.jsonl", "v.ndjson", "v.jsonl.gz", "v.jsonl.zst"])
def test_every_visitor_is_on_a_line_as_it_was_sent(export: Export, home: Path, pendo: Pendo, name: str) -> None:
    said = export("visitors", name)
    assert said.code == 0, said.err
    assert lines_in(home / name) == visitors_sent(pendo)


def test_events_come_as_they_were_sent_in_the_order_of_their_time(export: Export, home: Path, pendo: Pendo) -> None:
    assert export("pageEvents", "e.jsonl", *NOVEMBER).code == 0
    lines = lines_in(home / "e.jsonl")
    assert sorted(lines) == sorted(page_events_sent(pendo))
    days = [json.loads(line)["day"] for line in lines]
    assert days == sorted(days)


def test_lists_come_as_they_were_sent(export: Export, home: Path, pendo: Pendo) -> None:
    assert export("pages", "p.jsonl").code == 0
    headers = {"x-pendo-integration-key": pendo.key}
    with urllib.request.urlopen(urllib.request.Request(f"{pendo.api}/api/v1/page?expand=*", headers=headers)) as answer:
        body = answer.read()
    lines = lines_in(home / "p.jsonl")
    assert len(lines) == pendo.expected("pages").rows
    assert all(line in body for line in lines)


def test_a_filter_leaves_the_records_that_pass_as_they_were_sent(export: Export, home: Path, pendo: Pendo) -> None:
    said = export("pageEvents", "f.jsonl", *NOVEMBER, "--filter", "appId = -323232", "--json")
    assert said.code == 0
    wanted = [record for record in page_events_sent(pendo) if json.loads(record)["appId"] == -323232]
    assert sorted(lines_in(home / "f.jsonl")) == sorted(wanted)
    assert said.json["rows_written"] == len(wanted)
    assert 0 < len(wanted) < said.json["rows_read"]


def test_a_filter_that_nothing_passes_gives_an_empty_file(export: Export, home: Path) -> None:
    assert export("visitors", "none.jsonl", "--filter", "visitorId = 'nobody'").code == 0
    assert (home / "none.jsonl").read_bytes() == b""


@pytest.mark.parametrize("filters", [(), ("--filter", "visitorId IS NOT NULL")])
def test_a_limit_takes_the_first_records(export: Export, home: Path, pendo: Pendo, filters: tuple[str, ...]) -> None:
    assert export("visitors", "l.jsonl", "--limit", "7", *filters).code == 0
    assert lines_in(home / "l.jsonl") == visitors_sent(pendo)[:7]


@pytest.mark.parametrize("select", ["*", "visitorId, agent_email AS mail"])
def test_a_selection_writes_columns(export: Export, home: Path, select: str) -> None:
    assert export("visitors", "c.jsonl", "--select", select).code == 0
    assert export("visitors", "c.csv", "--select", select).code == 0
    header = (home / "c.csv").read_text().splitlines()[0].replace('"', "").split(",")
    rows = [json.loads(line) for line in lines_in(home / "c.jsonl")]
    assert {tuple(row) for row in rows} == {tuple(header)}


def test_a_filter_sees_the_columns_and_nothing_else(export: Export) -> None:
    said = export("pages", "u.jsonl", "--filter", "record = 1", "--json")
    assert (said.code, said.json["error"]["code"]) == (2, "unknown_column")
    assert "as sent" not in said.json["error"]["hint"]
