"""One suite for every destination: what model.pipeline.Destination promises."""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pendant.connectors.destinations import open_destination
from pendant.errors import Conflict, PendantError, SetupProblem, WrongInput
from pendant.model.export import Export
from pendant.model.pipeline import Destination, Written
from pendant.model.run import Slice

JSON_COLUMN = {b"pendant:json": b"1"}
SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64()),
        pa.field("name", pa.string()),
        pa.field("seen", pa.timestamp("ms", "UTC")),
        pa.field("score", pa.float64()),
        pa.field("tags", pa.list_(pa.string())),
        pa.field("rest", pa.string(), metadata=JSON_COLUMN),
    ]
)
NAMES = [
    "out.parquet",
    "out.csv",
    "out.csv.gz",
    "out.csv.zst",
    "out.jsonl",
    "out.ndjson",
    "out.jsonl.gz",
    "out.jsonl.zst",
]
TARGETS = [*NAMES, "out.duckdb", "out.duckdb#people", "out.sqlite#people"]
A, B, C = Slice("a", 0, 10), Slice("b", 10, 20), Slice("c", 20, 30)


def batches(first: int, rows: int, *, size: int = 7) -> Iterator[pa.RecordBatch]:
    for start in range(first, first + rows, size):
        ids = range(start, min(start + size, first + rows))
        columns = {
            "id": list(ids),
            "name": [None if number % 5 == 0 else f'Ann "{number}",\n\\ 🦊' for number in ids],
            "seen": [1_710_000_000_000 + number for number in ids],
            "score": [number / 8 for number in ids],
            "tags": [[f"t{number}", None, 'q"'] for number in ids],
            "rest": [f'{{"n": {number}, "deep": [null, "x\\n"]}}' for number in ids],
        }
        yield pa.RecordBatch.from_pydict(columns, schema=SCHEMA)


def opened(target: Path | str, *, run_id: str = "run-1", may_replace: bool = False) -> Destination:
    export = Export(resource="people", connection="prod", target=str(target))
    return open_destination(export, run_id=run_id, may_replace=may_replace)


def written(target: Path | str, parts: dict[Slice, tuple[int, int]], *, may_replace: bool = False) -> Written:
    destination = opened(target, may_replace=may_replace)
    destination.ensure_schema(SCHEMA)
    for part, (first, rows) in parts.items():
        destination.replace_slice(part, batches(first, rows))
    return destination.publish(list(parts))


def ids(target: Path) -> list[int]:
    return [int(found["id"]) for found in rows_of(target)]


def rows_of(target: Path) -> list[dict[str, object]]:
    name = target.name
    if ".parquet" in name:
        return pq.read_table(target).to_pylist()
    if ".duckdb" in name:
        path, _, table = str(target).partition("#")
        with duckdb.connect(path, read_only=True) as database:
            return database.sql(f"FROM {table or 'people'}").to_arrow_table().to_pylist()
    if ".sqlite" in name:
        with closing(sqlite3.connect(file_of(target))) as database:
            cursor = database.execute("SELECT * FROM people")
            return [dict(zip(SCHEMA.names, found, strict=True)) for found in cursor]
    text = text_of(target)
    if ".csv" in name:
        return list(csv.DictReader(text.splitlines(keepends=True)))
    return [json.loads(line) for line in text.splitlines()]


def text_of(target: Path) -> str:
    if target.suffix == ".gz":
        return gzip.decompress(target.read_bytes()).decode()
    if target.suffix == ".zst":
        with pa.input_stream(str(target), compression="zstd") as stream:
            return stream.read().decode()
    return target.read_bytes().decode()


def file_of(target: Path) -> Path:
    return Path(str(target).partition("#")[0])


def left_behind(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if entry.name.startswith("."))


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / request.param


def test_rows_of_all_slices_arrive_exactly_and_in_the_order_of_publish(target: Path) -> None:
    destination = opened(target)
    destination.ensure_schema(SCHEMA)
    for part, first in ((C, 20), (A, 0), (B, 10)):
        stored = destination.replace_slice(part, batches(first, 10))
        assert stored.rows == 10
    published = destination.publish([A, B, C])
    assert ids(target) == list(range(30))
    assert published == Written(rows=30, bytes=file_of(target).stat().st_size)
    assert left_behind(target.parent) == []


def test_one_slice_alone_arrives(target: Path) -> None:
    written(target, {A: (0, 10)})
    assert ids(target) == list(range(10))


def test_nothing_is_visible_before_publish(target: Path) -> None:
    destination = opened(target)
    destination.ensure_schema(SCHEMA)
    destination.replace_slice(A, batches(0, 10))
    assert not file_of(target).exists()
    destination.publish([A])
    assert file_of(target).exists()


def test_a_slice_stored_twice_is_there_once(target: Path) -> None:
    destination = opened(target)
    destination.ensure_schema(SCHEMA)
    destination.replace_slice(A, batches(100, 12))
    destination.replace_slice(A, batches(0, 10))
    destination.replace_slice(B, batches(10, 10))
    assert destination.publish([A, B]).rows == 20
    assert ids(target) == list(range(20))


def test_a_slice_that_is_not_published_is_not_there(target: Path) -> None:
    destination = opened(target)
    destination.ensure_schema(SCHEMA)
    destination.replace_slice(A, batches(0, 10))
    destination.replace_slice(B, batches(10, 10))
    destination.publish([B])
    assert ids(target) == list(range(10, 20))


def test_discard_leaves_the_target_as_it_was(target: Path) -> None:
    written(target, {A: (0, 10)})
    destination = opened(target, may_replace=True)
    destination.ensure_schema(SCHEMA)
    destination.replace_slice(A, batches(50, 10))
    destination.discard()
    assert ids(target) == list(range(10))
    assert left_behind(target.parent) == []


def test_discard_of_a_new_target_leaves_nothing(target: Path) -> None:
    destination = opened(target)
    destination.ensure_schema(SCHEMA)
    destination.replace_slice(A, batches(50, 10))
    destination.discard()
    assert list(target.parent.iterdir()) == []


def test_several_threads_store_different_slices(target: Path) -> None:
    destination = opened(target)
    destination.ensure_schema(SCHEMA)
    parts = [Slice(f"s{number:02}", number, number + 1) for number in range(8)]

    def store(number: int) -> None:
        destination.replace_slice(parts[number], batches(number * 50, 50))

    threads = [threading.Thread(target=store, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert destination.publish(parts).rows == 400
    assert ids(target) == list(range(400))


def test_an_empty_export_is_a_file_that_still_knows_its_columns(target: Path) -> None:
    written(target, {A: (0, 0), B: (0, 0)})
    assert rows_of(target) == []
    if ".parquet" in target.name:
        assert pq.read_schema(target).names == SCHEMA.names
    if ".csv" in target.name:
        assert text_of(target) == "id,name,seen,score,tags,rest\r\n"


def test_empty_slices_between_others_do_no_harm(target: Path) -> None:
    written(target, {A: (0, 0), B: (0, 10), C: (0, 0)})
    assert ids(target) == list(range(10))


def test_an_existing_target_is_refused_unless_it_may_be_replaced(target: Path) -> None:
    written(target, {A: (0, 10)})
    with pytest.raises(Conflict) as refused:
        opened(target).ensure_schema(SCHEMA)
    assert refused.value.code == "target_exists"
    assert ids(target) == list(range(10))
    written(target, {A: (10, 5)}, may_replace=True)
    assert ids(target) == list(range(10, 15))


def test_a_target_that_appears_meanwhile_is_not_overwritten(target: Path) -> None:
    destination = opened(target, run_id="slow")
    destination.ensure_schema(SCHEMA)
    destination.replace_slice(A, batches(0, 10))
    other = target.parent / "other" / target.name
    other.parent.mkdir()
    written(other, {A: (70, 3)})
    file_of(other).rename(file_of(target))
    with pytest.raises(Conflict) as refused:
        destination.publish([A])
    destination.discard()
    assert refused.value.code == "target_exists"
    assert ids(target) == [70, 71, 72]


def test_a_missing_folder_is_named(target: Path) -> None:
    with pytest.raises(WrongInput) as refused:
        opened(target.parent / "nowhere" / target.name).ensure_schema(SCHEMA)
    assert refused.value.code == "folder_missing"
    assert "nowhere" in refused.value.message


def test_a_folder_as_target_is_refused(target: Path) -> None:
    file_of(target).mkdir()
    with pytest.raises(WrongInput) as refused:
        opened(target, may_replace=True).ensure_schema(SCHEMA)
    assert refused.value.code == "target_not_a_file"


def test_an_unwritable_folder_is_named() -> None:
    # Not even root may create a folder here.
    with pytest.raises(WrongInput) as refused:
        opened("/sys/kernel/out.parquet").ensure_schema(SCHEMA)
    assert refused.value.code == "folder_unwritable"


def test_two_columns_of_one_name_are_refused_before_anything_is_read(target: Path) -> None:
    with pytest.raises(WrongInput) as refused:
        opened(target).ensure_schema(pa.schema([("x", pa.int64()), ("x", pa.int64())]))
    assert refused.value.code == "column_twice"


def test_a_type_without_a_text_is_refused_before_anything_is_read(target: Path) -> None:
    with pytest.raises(WrongInput) as refused:
        opened(target).ensure_schema(pa.schema([("x", pa.list_(pa.binary()))]))
    assert refused.value.code == "column_type_unsupported"
    assert list(target.parent.iterdir()) == []


def test_an_error_of_the_source_passes_as_it_is_and_leaves_no_part(target: Path) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield from batches(0, 10)
        raise OSError(28, "the source's own trouble")

    destination = opened(target)
    destination.ensure_schema(SCHEMA)
    with pytest.raises(OSError, match="the source's own trouble"):
        destination.replace_slice(A, broken())
    destination.replace_slice(A, batches(0, 3))
    destination.publish([A])
    assert ids(target) == [0, 1, 2]


def test_a_second_run_of_the_same_target_is_refused_while_the_first_lives(target: Path) -> None:
    first = opened(target, run_id="first")
    first.ensure_schema(SCHEMA)
    with pytest.raises(Conflict) as refused:
        opened(target, run_id="second").ensure_schema(SCHEMA)
    assert refused.value.code == "target_in_use"
    first.replace_slice(A, batches(0, 2))
    first.publish([A])
    assert ids(target) == [0, 1]


def test_an_unknown_ending_lists_the_known_ones() -> None:
    for name in ("out.xlsx", "out", "out.parquet.gz", "out.gz", "archive.csv.bz2"):
        with pytest.raises(WrongInput) as refused:
            opened(name)
        assert refused.value.code == "unknown_target"
        assert ".parquet" in refused.value.hint


# What happens when the process dies or the disk is full, with real processes.

CHILD = """
import resource, signal, sys
from test_files_destinations import A, B, C, SCHEMA, batches, opened, written
target, mode = sys.argv[1:]
if mode.isdigit():
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(mode), int(mode)))
destination = opened(target, run_id="killed", may_replace=True)
destination.ensure_schema(SCHEMA)
for part, first in ((A, 1000), (B, 11000), (C, 21000)):
    destination.replace_slice(part, batches(first, 10000, size=4000))
print("staged", flush=True)
if mode == "stay":
    signal.pause()
destination.publish([A, B, C])
print("published", flush=True)
"""


def child(target: Path, mode: str) -> subprocess.Popen[str]:
    room = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": f"{room.parents[1] / 'src'}:{room}"}
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(target), mode], env=environment, text=True, stdout=subprocess.PIPE
    )


ONE_OF_EACH = ["out.parquet", "out.csv", "out.jsonl.gz", "out.duckdb", "out.sqlite"]


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_killed_after_staging_nothing_has_changed_and_the_next_run_cleans_up(name: str, tmp_path: Path) -> None:
    target = tmp_path / name
    written(target, {A: (0, 10)})
    with child(target, "stay") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "staged\n"
        process.kill()
    assert ids(target) == list(range(10))
    assert len(left_behind(tmp_path)) == 1
    written(target, {A: (5, 10)}, may_replace=True)
    assert ids(target) == list(range(5, 15))
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_killed_while_publishing_leaves_the_old_target_or_the_new_one(name: str, tmp_path: Path) -> None:
    target = tmp_path / name
    written(target, {A: (0, 10)})
    old, new = list(range(10)), list(range(1000, 31000))
    for delay in (0.0, 0.01):
        with child(target, "publish") as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
        assert ids(target) in (old, new)


@pytest.mark.parametrize("name", TARGETS)
def test_a_file_size_limit_is_a_full_disk_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    target = tmp_path / name
    written(target, {A: (0, 10)})
    limit = 40_000
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "from test_files_destinations import *\n"
        f"check_full({str(target)!r})\n"
    )
    environment = os.environ | {"PYTHONPATH": f"{Path(__file__).parents[2] / 'src'}:{Path(__file__).parent}"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, text=True, capture_output=True, check=False)
    assert done.stdout == "disk_full\n", done.stderr
    assert ids(target) == list(range(10))
    assert left_behind(tmp_path) == []


def check_full(target: str) -> None:
    destination = opened(target, run_id="full", may_replace=True)
    try:
        destination.ensure_schema(SCHEMA)
        destination.replace_slice(A, batches(0, 20_000, size=5_000))
        destination.publish([A])
    except PendantError as problem:
        sys.stdout.write(f"{problem.code}\n")
    finally:
        destination.discard()


def filled(destination: Destination) -> None:
    destination.ensure_schema(SCHEMA)
    destination.replace_slice(A, batches(0, 30_000, size=5_000))
    destination.replace_slice(B, batches(30_000, 30_000, size=5_000))
    destination.publish([A, B])


@pytest.mark.parametrize("name", TARGETS)
def test_a_full_disk_is_named_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("a small file system cannot be mounted here; the file-size limit is tested instead")
    try:
        destination = opened(small / name)
        with pytest.raises(SetupProblem) as refused:
            filled(destination)
        destination.discard()
        assert refused.value.code == "disk_full"
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)
