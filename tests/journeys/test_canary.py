"""One token walks through every door and every outcome; then it is looked for everywhere, in every spelling.

The one place where it may be seen is the request that the other system receives, and there it is seen exactly once.
"""

from __future__ import annotations

import base64
import gzip
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import pendosim
from journeys import canary_api, canary_cli, canary_web
from journeys.canary_mirror import STOLEN, mirroring
from journeys.canary_search import Search, spellings
from journeys.canary_stage import Canary, Stage, Visitor
from journeys.canary_watch import Watch, watching
from journeys.installation import Installation, signed_in
from journeys.rows import text_in
from server.rig import Client

KEY_HEADER = "x-pendo-integration-key"


@pytest.fixture
def canary() -> Canary:
    """A token that looks different in every escaping; pieces of it are unlike anything else."""
    core = str(uuid.uuid4())
    return Canary(core, f"/+<\"{core}\\%&'.us")


@pytest.fixture
def stage(canary: Canary, tmp_path: Path) -> Iterator[Stage]:
    """The token's file lies outside of what is searched."""
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    token_file = elsewhere / "token"
    token_file.write_text(canary.token)
    small = {"visitors": 20, "accounts": 3, "days": 2, "events_per_day": 20, "seed": 5}
    with (
        pendosim.running(key=canary.token, **small) as pendo,
        pendosim.running(**small) as stranger,
        mirroring(canary.core) as mirror,
    ):
        loud = Installation(home, settings={"PENDANT_LOG_LEVEL": "debug"})
        yield Stage(canary, loud, pendo, stranger, mirror, token_file)


@pytest.mark.timeout(240)
def test_the_token_is_seen_by_the_other_system_and_nowhere_else(stage: Stage) -> None:
    with watching() as watch:
        walk_command_line(stage)
        walk_server(stage)
    assert_the_other_side_saw_it(stage)
    assert_the_walk_left_traces(stage, watch)
    search = Search(stage.token, stage.canary.core)
    assert search.in_folder(stage.installation.home) == []
    assert search.in_all(stage.evidence) == []
    assert search.in_all(watch.seen) == []


def walk_command_line(stage: Stage) -> None:
    canary_cli.walk_connections(stage)
    canary_cli.walk_refusals(stage)
    canary_cli.walk_mirror(stage)
    canary_cli.walk_exports(stage)


def walk_server(stage: Stage) -> None:
    with stage.installation.serving() as fresh:
        server = replace(fresh, signed_in=signed_in(fresh))
        browser, program = Visitor(server.browser, stage.evidence), Visitor(server.program, stage.evidence)
        stranger = Visitor(Client(server.port), stage.evidence)
        places = canary_api.walk_api(stage, program)
        canary_api.walk_wrong_requests(stage, program, stranger)
        canary_web.walk_forms(stage, browser)
        canary_web.walk_wrong_forms(stage, browser, stranger)
        for reader in (program, browser):
            assert canary_api.walk_api_reading(reader, places) > 10
        pages = canary_web.walk_pages(browser)
        assert {"/settings", "/runs", "/exports/new", "/help/http-settings", f"/runs/{places['run']}"} <= pages
        assert f"/connections/{places['connection']}/edit" in pages
        browser.fill_in("/sign-out", {}, wants=303)


def assert_the_other_side_saw_it(stage: Stage) -> None:
    """Otherwise all of this could succeed by doing nothing."""
    for pendo, key in ((stage.pendo, "key"), (stage.stranger, "unknown")):
        assert pendo.requests
        assert {seen.key for seen in pendo.requests} == {key}
        for seen in pendo.requests:
            assert [name.lower() for name in seen.header_names].count(KEY_HEADER) == 1
    assert {count for _, count in stage.mirror.met} == {1}
    assert {path for path, _ in stage.mirror.met} >= {"/echo", "/redirect", "/cut", "/refuse/500", "/api/v1/page"}
    assert STOLEN not in {path for path, _ in stage.mirror.met}


def assert_the_walk_left_traces(stage: Stage, watch: Watch) -> None:
    """What is searched has to be there: logs, exports, the database with its sealed tokens, and running processes."""
    home = stage.installation.home
    for name in ("data/pendant.db", "served.err", "pages.parquet", "exports/mirror.duckdb", "exports/api.jsonl"):
        assert (home / name).stat().st_size > 0, name
    assert list((home / "keys").iterdir())
    assert any(b"--token-stdin" in content for _, content in watch.seen)
    assert any(b"PENDANT_LOG_LEVEL=debug" in content for _, content in watch.seen)
    assert b"[redacted]" in b"".join(content for _, content in stage.evidence)
    assert "[redacted]" in text_in(home / "pages.csv.gz")


# The twins: what was found to be nowhere would be found if it were there.


@pytest.fixture
def search(canary: Canary) -> Search:
    return Search(canary.token, canary.core)


def test_the_search_finds_every_spelling(canary: Canary, search: Search) -> None:
    for text in (canary.token, canary.core):
        for name, form in spellings(text).items():
            assert search.in_bytes(b"before " + form + b" after"), name
    assert search.in_bytes(canary.core[4:20].upper().encode())
    assert search.in_bytes(str(uuid.uuid4()).encode()) == []


@pytest.mark.parametrize("place", range(4))
def test_the_search_finds_it_inside_a_longer_base64_text(canary: Canary, search: Search, place: int) -> None:
    assert search.in_bytes(base64.b64encode(b"." * place + canary.token.encode() + b"..."))


def plant(path: Path, text: str) -> None:
    table = pa.table({"text": [text]})
    match path.suffix:
        case ".parquet":
            pq.write_table(table, path, compression="zstd")
        case ".gz":
            path.write_bytes(gzip.compress(text.encode()))
        case ".zst":
            with pa.CompressedOutputStream(str(path), "zstd") as stream:
                stream.write(text.encode())
        case ".duckdb":
            with duckdb.connect(str(path)) as database:
                database.execute("CREATE TABLE t AS SELECT * FROM (VALUES (?)) AS v(text)", [text])
        case ".db":
            with sqlite3.connect(path) as state:
                state.execute("CREATE TABLE t (x TEXT)")
                state.execute("INSERT INTO t VALUES (?)", [text])
            state.close()
        case _:
            path.write_text(text)


@pytest.mark.parametrize("kind", [".log", ".parquet", ".csv.gz", ".jsonl.zst", ".duckdb", ".db"])
def test_the_search_finds_it_in_a_file_of_each_kind(tmp_path: Path, canary: Canary, search: Search, kind: str) -> None:
    plant(tmp_path / f"innocent{kind}", f"something long {'and dull ' * 300}")
    assert search.in_folder(tmp_path) == []
    plant(tmp_path / f"guilty{kind}", f"{'and dull ' * 300}{canary.token.encode().hex()}")
    assert any(f"guilty{kind}" in found for found in search.in_folder(tmp_path))


def test_the_search_finds_it_in_the_name_of_a_file(tmp_path: Path, canary: Canary, search: Search) -> None:
    (tmp_path / f"{canary.core}.txt").touch()
    assert search.in_folder(tmp_path)


@pytest.mark.parametrize("place", ["cmdline", "environ"])
def test_the_watch_sees_it_in_a_process(canary: Canary, search: Search, place: str) -> None:
    words = [canary.token] if place == "cmdline" else []
    environ = {"TOKEN": canary.token} if place == "environ" else {}
    with (
        watching() as watch,
        subprocess.Popen([sys.executable, "-c", "input()", *words], env=environ, stdin=subprocess.PIPE) as process,
    ):
        while not search.in_all(watch.seen):
            assert process.poll() is None
        process.communicate(b"\n", timeout=20)
    assert any(place in found for found in search.in_all(watch.seen))
