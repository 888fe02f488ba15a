"""Somebody can write the database but has no key: no token opens where it was not sealed."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from pendant.errors import SecretUnreadable, SetupProblem
from pendant.model.connection import Authentication, Connection, HttpSettings
from pendant.model.secret import Secret
from pendant.model.vault import VaultState
from pendant.store import connections
from pendant.vault import format as blobs
from pendant.vault.roots import RootKeys

ALL = "kek_id, dek, ct"


def stored(installation: Any, connection_id: str) -> Connection:
    with installation.database.read() as tx:
        return connections.get(tx, connection_id)


def refused(installation: Any, connection: Connection) -> bool:
    """Also that the vault reports it, that the report names only this connection, and that the list still works."""
    with pytest.raises(SecretUnreadable):
        installation.vault.open(connection)
    status = installation.vault.verify()
    assert (status.state, status.unreadable) == (VaultState.PARTIAL, (connection.id,))
    with installation.database.read() as tx:
        assert connection.id in {found.id for found in connections.search(tx)}
    return True


def test_a_token_opens_for_the_connection_it_was_sealed_for(installation: Any) -> None:
    connection = installation.save("a", "a-token-of-some-length")
    opened = installation.vault.open(connection)
    assert opened == Secret("a-token-of-some-length")
    assert installation.vault.open(stored(installation, "a")) == opened


@pytest.mark.parametrize("columns", ["ct", "dek, ct", ALL])
def test_a02_the_ciphertext_of_another_connection_does_not_open(installation: Any, columns: str) -> None:
    installation.save("a", "a-token-of-some-length")
    victim = installation.save("b", "b-token-of-some-length")
    installation.sql(
        f"UPDATE secrets SET ({columns}) = (SELECT {columns} FROM secrets WHERE connection_id = 'a') "
        "WHERE connection_id = 'b'"
    )
    assert refused(installation, victim)
    assert installation.vault.open(stored(installation, "a")) == Secret("a-token-of-some-length")


def test_a03_the_ciphertext_of_another_field_does_not_open(installation: Any) -> None:
    connection = installation.save("a", "a-token-of-some-length")
    installation.sql("UPDATE secrets SET field = 'refresh_token'")
    installation.sql(f"INSERT INTO secrets SELECT connection_id, 'token', version, {ALL} FROM secrets")
    assert installation.vault.open(connection)  # moved away and back: the same record
    installation.sql("DELETE FROM secrets WHERE field = 'token'")
    assert refused(installation, connection)


def test_a03_one_sealed_for_another_field_does_not_open_as_the_token(installation: Any) -> None:
    connection = installation.save("a", "a-token-of-some-length")
    with installation.database.read() as tx:
        instance_id = installation.rows.instance_id(tx)
        [(kek_id, kek)] = installation.vault._keks.unwrapped(tx, instance_id).items()

    def record(field: str) -> tuple[bytes, bytes]:
        dek, names = bytes(range(32)), (instance_id, "a", field, 1)
        token_context = blobs.token_context(*names, connection.binding)
        sealed = blobs.seal_blob(dek, blobs.pad(b"other"), token_context, bytes)
        return blobs.seal_blob(kek, dek, blobs.dek_context(*names, kek_id), bytes), sealed

    installation.sql("UPDATE secrets SET dek = ?, ct = ?", *record("token"))
    assert installation.vault.open(connection) == Secret("other")  # the control: the record itself is well made
    installation.sql("UPDATE secrets SET dek = ?, ct = ?", *record("other_field"))
    assert refused(installation, connection)


def test_a04_an_old_version_put_back_does_not_open(installation: Any) -> None:
    first = installation.save("a", "the-first-token-there-was")
    old = installation.sql(f"SELECT {ALL} FROM secrets")[0]
    second = installation.save_again(first, "the-second-token-there-was")
    assert installation.sql("SELECT version FROM secrets") == [(2,)]
    installation.sql("UPDATE secrets SET kek_id = ?, dek = ?, ct = ?", *old)
    assert refused(installation, second)


def test_a04_setting_the_version_back_does_not_open_the_current_token(installation: Any) -> None:
    second = installation.save_again(installation.save("a", "the-first-token-there-was"), "the-second-token")
    installation.sql("UPDATE connections SET version = 1")
    assert refused(installation, stored(installation, "a"))
    installation.sql("UPDATE secrets SET version = 1")
    assert refused(installation, stored(installation, "a"))
    assert second.version == 2


def test_a_connection_that_was_read_before_a_save_does_not_get_the_new_token(installation: Any) -> None:
    before = installation.save("a", "the-first-token-there-was")
    installation.save_again(before, "the-second-token-there-was")
    with pytest.raises(SecretUnreadable):
        installation.vault.open(before)


@pytest.mark.parametrize("column", ["dek", "ct"])
@pytest.mark.parametrize(
    "value",
    [
        "substr({}, 1, length({}) - 1)",
        "{} || x'00'",
        "x'0102' || substr({}, 3)",
        "x'0201' || substr({}, 3)",
        "substr({}, 1, 30)",
    ],
)
def test_a06_a07_a_stored_blob_that_was_altered_does_not_open(installation: Any, column: str, value: str) -> None:
    connection = installation.save("a", "a-token-of-some-length")
    installation.sql(f"UPDATE secrets SET {column} = CAST({value.replace('{}', column)} AS BLOB)")
    assert refused(installation, connection)


def test_a07_another_key_id_does_not_open(installation: Any) -> None:
    connection = installation.save("a", "a-token-of-some-length")
    installation.sql("INSERT INTO keks SELECT 'another', 'retiring', root_kid, wrapped, created_at, 0 FROM keks")
    installation.sql("UPDATE secrets SET kek_id = 'another'")
    assert refused(installation, connection)
    installation.sql("UPDATE secrets SET kek_id = 'nothing'")
    assert refused(installation, connection)


@pytest.mark.parametrize("value", ["x''", "''", "'a-token-of-some-length'", "CAST('a-token' AS BLOB)", "0", "1.5"])
@pytest.mark.parametrize("column", ["dek", "ct"])
def test_a08_nothing_and_plain_text_are_never_taken_for_a_token(installation: Any, column: str, value: str) -> None:
    connection = installation.save("a", "a-token-of-some-length")
    installation.sql(f"UPDATE secrets SET {column} = {value}")
    assert refused(installation, connection)


def test_a08_a_record_that_is_gone_is_an_error(installation: Any) -> None:
    connection = installation.save("a", "a-token-of-some-length")
    installation.sql("DELETE FROM secrets")
    assert refused(installation, connection)


HTTP = HttpSettings("https://app.pendo.io", Authentication("header", "x-pendo-integration-key"))


@pytest.mark.parametrize(
    "http",
    [
        replace(HTTP, base_uri="https://evil.example"),
        replace(HTTP, base_uri="https://app.pendo.io:8443"),
        replace(HTTP, base_uri="http://app.pendo.io"),
        replace(HTTP, base_uri="http://app.pendo.io:443"),
        replace(HTTP, base_uri="https://app.pendo.io@evil.example"),
        replace(HTTP, authentication=Authentication("header", "x-echoed")),
        replace(HTTP, authentication=Authentication("header", "x-pendo-integration-key", "Bearer")),
        replace(HTTP, authentication=Authentication("url", "x-pendo-integration-key")),
        replace(HTTP, network="private"),
    ],
)
def test_a09_a_destination_that_was_changed_in_the_database_gets_no_token(
    installation: Any, http: HttpSettings
) -> None:
    honest = installation.save("a", "a-token-of-some-length")
    with installation.database.begin() as tx:
        assert connections.replace(tx, replace(honest, http=http, version=2), expected_version=1)
        tx.execute(text("UPDATE connections SET version = 1"))
    assert stored(installation, "a").http == http
    assert refused(installation, stored(installation, "a"))


def test_a09_another_connector_gets_no_token(installation: Any) -> None:
    installation.save("a", "a-token-of-some-length")
    installation.sql("UPDATE connections SET application = 'http'")
    assert refused(installation, stored(installation, "a"))


def test_what_does_not_say_where_the_token_goes_can_change_without_it(installation: Any) -> None:
    """The control of A09: it is the destination that is bound, not the row as such."""
    honest = installation.save("a", "a-token-of-some-length")
    installation.sql("UPDATE connections SET name = 'New name', status = 'failing', updated_by = 'bob'")
    http = replace(HTTP, base_uri="https://APP.pendo.io:443/", concurrency_level=9, headers=(("a", "b"),))
    assert installation.vault.open(replace(honest, http=http)) == Secret("a-token-of-some-length")


def test_a10_a_record_copied_into_another_installation_with_the_same_root_key_does_not_open(
    new_installation: Any,
) -> None:
    home, away = new_installation("home"), new_installation("away", start=False)
    connection = home.save("a", "a-token-of-some-length")
    with away.database.begin() as tx:
        connections.insert(tx, connection)
    for table in ("keks", "secrets"):
        for row in home.sql(f"SELECT * FROM {table}"):
            away.sql(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", *row)
    key = home.vault._provider.load().current

    class SameKey:
        name, place = "same", "the same key"

        def load(self) -> Any:
            return RootKeys(key)

    vault = away.restarted(SameKey())
    assert vault.start().state is VaultState.LOCKED
    with pytest.raises(SetupProblem) as problem:
        vault.open(connection)
    assert problem.value.code == "vault_locked"
    # The control: under the first installation's name the very same rows open.
    away.sql("UPDATE instance SET instance_id = ?", home.sql("SELECT instance_id FROM instance")[0][0])
    assert vault.open(connection) == Secret("a-token-of-some-length")


def test_a11_two_seals_of_one_token_share_nothing(installation: Any) -> None:
    for name in ("a", "b"):
        installation.save(name, "one-token-for-both-of-them")
    (dek_a, ct_a), (dek_b, ct_b) = installation.sql("SELECT dek, ct FROM secrets")
    for first, second in ((dek_a, dek_b), (ct_a, ct_b)):
        assert first[2:14] != second[2:14]
        assert first[14:46] != second[14:46]
        assert first[-16:] != second[-16:]


def test_a19_every_way_a_record_can_be_bad_gives_the_same_error(installation: Any) -> None:
    bad = {
        "cut": "UPDATE secrets SET ct = substr(ct, 1, 20)",
        "altered": "UPDATE secrets SET ct = CAST(substr(ct, 1, 40) || x'00' || substr(ct, 42) AS BLOB)",
        "data key": "UPDATE secrets SET dek = x'00'",
        "algorithm": "UPDATE secrets SET ct = CAST(x'0103' || substr(ct, 3) AS BLOB)",
        "version": "UPDATE secrets SET version = 7",
        "text": "UPDATE secrets SET ct = 'text'",
        "key id": "UPDATE secrets SET kek_id = 'nothing'",
        "gone": "DELETE FROM secrets",
    }
    errors = set()
    for number, statement in enumerate(bad.values()):
        connection = installation.save(f"c{number}", "a-token-of-some-length")
        installation.sql(statement)
        with pytest.raises(SecretUnreadable) as problem:
            installation.vault.open(connection)
        assert problem.value.__cause__ is None
        errors.add((type(problem.value), problem.value.code, str(problem.value)))
    assert len(errors) == 1


def test_a20_only_steps_of_64_bytes_show(installation: Any) -> None:
    sizes = {}
    for length in (16, 40, 62, 63, 512):
        installation.save(f"c{length}", "x" * length)
        sizes[length] = installation.sql("SELECT length(ct) FROM secrets WHERE connection_id = ?", f"c{length}")[0][0]
    assert sizes[16] == sizes[40] == sizes[62] == 64 + 30
    assert sizes[63] == 128 + 30
    assert sizes[512] == 576 + 30
