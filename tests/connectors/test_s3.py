"""What only a bucket can do and suffer. The promises of every target are in test_loads.py."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from loading_places import SCHEMA, batches, day, rows
from pendant.connectors.catalogue import load
from pendant.connectors.check import stages
from pendant.connectors.destinations import open_destination
from pendant.connectors.systems import Place, System, place_of
from pendant.egress import Egress
from pendant.errors import AddressRefused, Conflict, RequestRefused, Unreachable, WrongInput
from pendant.model.clock import SystemClock
from pendant.model.connection import Connection, HttpSettings
from pendant.model.export import Export
from pendant.model.pipeline import Destination, Load, LoadMode
from pendo_reading import LOOPBACK, Opener


def system(address: str, scratch: Path, *, networks: Any = LOOPBACK) -> System:
    connection = Connection("c", "store", "s3", "s3", HttpSettings(base_uri=address, network="private"))
    egress = Egress(allow_networks=networks, opener=Opener("x" * 20), clock=SystemClock())
    return System(connection, egress, scratch / "waiting")


@pytest.fixture
def store(object_storage: str, tmp_path: Path) -> System:
    return system(object_storage, tmp_path)


@pytest.fixture
def key(tmp_path: Path) -> str:
    return f"s3://exports/{tmp_path.name}"


def opened(store: System, target: str, *, may_replace: bool = False) -> Destination:
    return open_destination(Export("people", "prod", target), run_id="r", may_replace=may_replace, system=store)


def put(store: System, target: str, count: int, *, may_replace: bool = False) -> None:
    destination = opened(store, target, may_replace=may_replace)
    destination.ensure_schema(SCHEMA)
    destination.replace_slice(day(0), batches(rows(0, count)))
    destination.replace_slice(day(1), batches(rows(count, count, on=1)))
    destination.publish([day(0), day(1)])


def fetched(store: System, target: str, folder: Path) -> Path | None:
    path, copy = target.removeprefix("s3://"), folder / f"copy-{os.urandom(4).hex()}"
    with store.way_out.storage(store.connection) as storage:
        if storage.size(path) is None:
            return None
        storage.get(path, copy)
    return copy


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("s3://exports/a/b.parquet", Place("s3", "", "exports", "a/b.parquet")),
        ("s3://My store@exports/b.csv.gz", Place("s3", "My store", "exports", "b.csv.gz")),
        ("s3://a@b@exports/days@1/", Place("s3", "a@b", "exports", "days@1/")),
    ],
)
def test_a_target_names_a_bucket_a_key_and_perhaps_a_connection(target: str, place: Place) -> None:
    assert place_of(target) == place


@pytest.mark.parametrize("target", ["s3://exports", "s3://exports/", "s3://exports//a.csv", "s3://exports/../a.csv"])
def test_what_names_no_object_is_refused(target: str) -> None:
    with pytest.raises(WrongInput) as refused:
        place_of(target)
    assert refused.value.code == "unknown_target"


@pytest.mark.parametrize("target", ["gs://b/a.parquet", "az://b/a.parquet", "iceberg://b/a", "dlt://x"])
def test_what_is_not_built_is_named(target: str) -> None:
    with pytest.raises(WrongInput) as refused:
        place_of(target)
    assert refused.value.code == "target_not_built"


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl.gz"])
def test_an_object_appears_when_all_of_it_is_there(store: System, key: str, tmp_path: Path, ending: str) -> None:
    target = f"{key}/out.{ending}"
    destination = opened(store, target)
    destination.ensure_schema(SCHEMA)
    destination.replace_slice(day(0), batches(rows(0, 5)))
    assert fetched(store, target, tmp_path) is None
    destination.publish([day(0)])
    assert fetched(store, target, tmp_path)
    assert list((tmp_path / "waiting").iterdir()) == []


def test_an_object_is_replaced_only_when_it_may_be(store: System, key: str, tmp_path: Path) -> None:
    target = f"{key}/out.parquet"
    put(store, target, 5)
    with pytest.raises(Conflict) as refused:
        put(store, target, 5)
    assert refused.value.code == "target_exists"
    put(store, target, 8, may_replace=True)
    copy = fetched(store, target, tmp_path)
    assert copy
    assert pq.read_table(copy)["id"].to_pylist() == list(range(16))


def test_discard_leaves_the_object_as_it_was(store: System, key: str, tmp_path: Path) -> None:
    target = f"{key}/out.csv"
    put(store, target, 5)
    before = fetched(store, target, tmp_path)
    destination = opened(store, target, may_replace=True)
    destination.ensure_schema(SCHEMA)
    destination.replace_slice(day(0), batches(rows(50, 5)))
    destination.discard()
    after = fetched(store, target, tmp_path)
    assert before
    assert after
    assert before.read_bytes() == after.read_bytes()


def test_a_large_file_goes_up_in_pieces_and_comes_back_the_same(store: System, key: str, tmp_path: Path) -> None:
    source, path = tmp_path / "large", f"{key.removeprefix('s3://')}/large"
    source.write_bytes(os.urandom(1024) * 23 * 1024)
    with store.way_out.storage(store.connection) as storage:
        storage.put(source, path)
    copy = fetched(store, f"s3://{path}", tmp_path)
    assert copy
    assert copy.read_bytes() == source.read_bytes()


def test_a_single_object_can_only_be_replaced(store: System, key: str) -> None:
    with pytest.raises(WrongInput) as refused:
        open_destination(
            Export("people", "prod", f"{key}/out.csv"),
            run_id="r",
            may_replace=True,
            load=Load(LoadMode.APPEND),
            system=store,
        )
    assert refused.value.code == "load_unsupported"


def test_a_missing_bucket_is_named(store: System) -> None:
    with pytest.raises(RequestRefused) as refused:
        put(store, "s3://no-such-bucket-here/out.csv", 3)
    assert refused.value.code == "bucket_missing"


def test_a_storage_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        opened(system("s3+http://k@127.0.0.1:1", tmp_path), "s3://exports/x.csv").ensure_schema(SCHEMA)


def test_an_address_outside_the_allowed_networks_is_not_connected_to(object_storage: str, tmp_path: Path) -> None:
    with pytest.raises(AddressRefused):
        opened(system(object_storage, tmp_path, networks=()), "s3://exports/x.csv").ensure_schema(SCHEMA)


def test_the_test_of_a_connection_signs_in(store: System) -> None:

    assert isinstance(store.way_out, Egress)
    found = {stage.name: stage.outcome for stage in stages(store.way_out, load(), store.connection)}
    assert found == {"address": "ok", "name": "ok", "tls": "skipped", "answer": "ok", "key": "ok", "access": "skipped"}
