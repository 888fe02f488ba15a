from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pendant.model.clock import SettableClock
from pendant.model.connection import Connection, HttpSettings
from pendant.model.vault import SealedSecret, WrappedKek
from pendant.store import connections
from pendant.store.database import Database
from pendant.store.keys import KeyTable

CONNECTION = Connection("c1", "Production", "pendo", "engage", HttpSettings("https://app.pendo.io"))
SEALED = SealedSecret("c1", "token", 1, "k1", b"\x01dek", b"\x01ct\x00\xff")


@pytest.fixture
def table(database: Database) -> KeyTable:
    return KeyTable(database)


@pytest.fixture
def kek(clock: SettableClock) -> WrappedKek:
    return WrappedKek("k1", "active", "root", b"\x00wrapped\xff", clock.now())


def test_keys_and_secrets_come_back_as_they_were_stored(table: KeyTable, kek: WrappedKek) -> None:
    with table.begin() as tx:
        connections.insert(tx, CONNECTION)
        table.insert_kek(tx, kek)
        table.put_secret(tx, SEALED)
    with table.read() as tx:
        assert list(table.keks(tx)) == [kek]
        assert table.secret(tx, "c1", "token") == SEALED
        assert list(table.secrets(tx)) == [SEALED]
        assert list(table.connections(tx)) == [CONNECTION]
        assert table.secret(tx, "c1", "other") is None
        assert table.secret(tx, "c2", "token") is None


def test_there_is_at_most_one_active_key(table: KeyTable, kek: WrappedKek) -> None:
    with table.begin() as tx:
        table.insert_kek(tx, kek)
    with pytest.raises(IntegrityError), table.begin() as tx:
        table.insert_kek(tx, replace(kek, id="k2"))
    with table.begin() as tx:
        for old, new in (("k1", "k2"), ("k2", "k3")):
            table.retire_kek(tx, old)
            table.insert_kek(tx, replace(kek, id=new))
        assert [row.state for row in table.keks(tx)] == ["retiring", "retiring", "active"]


def test_wraps_are_counted(table: KeyTable, kek: WrappedKek) -> None:
    with table.begin() as tx:
        table.insert_kek(tx, kek)
        table.count_wrap(tx, "k1")
        table.count_wrap(tx, "k1")
        assert [row.wraps for row in table.keks(tx)] == [2]


def test_a_new_version_of_a_secret_replaces_the_earlier_one(table: KeyTable, kek: WrappedKek) -> None:
    with table.begin() as tx:
        connections.insert(tx, CONNECTION)
        table.insert_kek(tx, kek)
        table.put_secret(tx, SEALED)
        table.put_secret(tx, replace(SEALED, version=2))
        assert list(table.secrets(tx)) == [replace(SEALED, version=2)]


@pytest.mark.parametrize("wrong", [{"kek_id": "no-such-key"}, {"connection_id": "no-such-connection"}])
def test_a_secret_without_its_key_or_connection_cannot_be_stored(
    table: KeyTable, kek: WrappedKek, wrong: dict[str, str]
) -> None:
    with table.begin() as tx:
        connections.insert(tx, CONNECTION)
        table.insert_kek(tx, kek)
    with pytest.raises(IntegrityError), table.begin() as tx:
        table.put_secret(tx, replace(SEALED, **wrong))


def test_a_key_that_a_secret_needs_cannot_be_deleted(table: KeyTable, kek: WrappedKek) -> None:
    with table.begin() as tx:
        connections.insert(tx, CONNECTION)
        table.insert_kek(tx, kek)
        table.put_secret(tx, SEALED)
    with pytest.raises(IntegrityError), table.begin() as tx:
        tx.execute(text("DELETE FROM keks"))


def test_with_its_connection_a_secret_is_deleted(table: KeyTable, kek: WrappedKek) -> None:
    with table.begin() as tx:
        connections.insert(tx, CONNECTION)
        table.insert_kek(tx, kek)
        table.put_secret(tx, SEALED)
        connections.delete(tx, "c1")
        assert list(table.secrets(tx)) == []


@pytest.mark.parametrize(
    "damage", [lambda table: f"UPDATE {table} SET ct = 'plain text'", lambda table: f"UPDATE {table} SET ct = 42"]
)
def test_a_blob_column_that_holds_something_else_reads_as_empty(
    table: KeyTable, kek: WrappedKek, damage: Callable[[str], str]
) -> None:
    with table.begin() as tx:
        connections.insert(tx, CONNECTION)
        table.insert_kek(tx, kek)
        table.put_secret(tx, SEALED)
        tx.execute(text(damage("secrets")))
        assert table.secret(tx, "c1", "token").ct == b""
