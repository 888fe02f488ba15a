"""Empty, ok, locked, partial: what the vault does at start, and what it never does."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pendant.errors import SecretUnreadable, SetupProblem
from pendant.model.connection import Connection, HttpSettings
from pendant.model.secret import Secret
from pendant.model.vault import VaultState
from pendant.store import connections
from pendant.vault import Vault
from pendant.vault.keyring import KeyringFile
from pendant.vault.providers import EnvironmentKey
from pendant.vault.roots import RootKeys

SOME_KEY = bytes(range(100, 132)).hex()
TOKEN = "a-token-of-some-length"


def everything(installation: Any) -> dict[str, list[Any]]:
    tables = ("instance", "keks", "secrets", "connections")
    return {table: installation.sql(f"SELECT * FROM {table}") for table in tables}


def locked(vault: Vault, connection: Connection) -> SetupProblem:
    """Neither door of a locked vault opens; both say the same."""
    with pytest.raises(SetupProblem) as opening:
        vault.open(connection)
    with pytest.raises(SetupProblem) as sealing, vault._rows.begin() as tx:
        vault.seal(tx, connection, Secret(TOKEN))
    assert opening.value.code == sealing.value.code == "vault_locked"
    assert str(opening.value) == str(sealing.value) == vault.status().problem
    return opening.value


def test_an_installation_without_a_key_is_empty_until_it_is_started(new_installation: Any) -> None:
    installation = new_installation("home", start=False)
    assert installation.vault.status().state is VaultState.EMPTY
    assert not installation.key_file.exists()
    status = installation.vault.start()
    assert (status.state, status.keks, status.secrets, status.provider) == (VaultState.OK, 1, 0, "file")
    assert installation.key_file.exists()
    assert status.instance_id in installation.key_file.read_text()


def test_starting_again_makes_nothing_new(installation: Any) -> None:
    installation.save("a", TOKEN)
    before = everything(installation), installation.key_file.read_bytes()
    assert installation.restarted().start() == installation.vault.status()
    assert (everything(installation), installation.key_file.read_bytes()) == before


def test_opening_in_an_empty_vault_is_the_same_error_as_any_other(new_installation: Any) -> None:
    installation = new_installation("home", start=False)
    installation.restarted(EnvironmentKey(SOME_KEY))
    with pytest.raises(SecretUnreadable):
        installation.restarted(EnvironmentKey(SOME_KEY)).open(
            Connection("a", "a", "pendo", "engage", HttpSettings("https://app.pendo.io"))
        )


def test_b07_when_the_key_file_is_gone_the_vault_is_locked_and_makes_no_new_key(installation: Any) -> None:
    connection = installation.save("a", TOKEN)
    content = installation.key_file.read_bytes()
    installation.key_file.unlink()
    before = everything(installation)
    vault = installation.restarted()
    status = vault.start()
    assert (status.state, status.root_kid, status.secrets) == (VaultState.LOCKED, "", 1)
    assert str(installation.key_file) in status.problem
    assert "is missing" in status.problem
    assert "backup" in locked(vault, connection).hint
    assert not installation.key_file.exists()
    assert everything(installation) == before
    # Put back, it works without a restart.
    installation.key_file.write_bytes(content)
    installation.key_file.chmod(0o600)
    assert vault.open(connection) == Secret(TOKEN)
    assert vault.status().state is VaultState.OK


def test_b07_not_even_with_a_fresh_database_key_table_is_a_key_made_over_sealed_tokens(installation: Any) -> None:
    connection = installation.save("a", TOKEN)
    installation.sql("DELETE FROM keks")
    installation.key_file.unlink()
    vault = installation.restarted()
    assert vault.start().state is VaultState.LOCKED
    locked(vault, connection)
    locked(installation.restarted(EnvironmentKey(SOME_KEY)), connection)
    assert not installation.key_file.exists()
    assert installation.sql("SELECT count(*) FROM keks") == [(0,)]


def test_a16_another_root_key_is_named_and_nothing_is_written(installation: Any) -> None:
    connection = installation.save("a", TOKEN)
    before = everything(installation)
    vault = installation.restarted(EnvironmentKey(SOME_KEY))
    status = vault.start()
    assert status.state is VaultState.LOCKED
    assert "does not match this vault" in status.problem
    assert status.root_kid
    assert status.root_kid in status.problem
    assert installation.vault.status().root_kid in status.problem
    locked(vault, connection)
    assert everything(installation) == before


def test_a16_the_key_file_of_another_installation_is_named_and_nothing_is_written(new_installation: Any) -> None:
    home, away = new_installation("home"), new_installation("away")
    connection = home.save("a", TOKEN)
    before = everything(home)
    vault = home.restarted(KeyringFile(away.key_file.parent))
    assert "belongs to another installation" in vault.start().problem
    locked(vault, connection)
    assert everything(home) == before


def test_an_empty_database_beside_the_key_file_of_another_keeps_that_key(new_installation: Any) -> None:
    away, fresh = new_installation("away"), new_installation("fresh", start=False)
    content = away.key_file.read_bytes()
    vault = fresh.restarted(KeyringFile(away.key_file.parent))
    status = vault.start()
    assert (status.state, status.keks) == (VaultState.LOCKED, 0)
    assert "belongs to another installation" in status.problem
    assert away.key_file.read_bytes() == content


def test_a_start_that_broke_off_between_key_file_and_database_is_taken_up(new_installation: Any) -> None:
    installation = new_installation("home", start=False)
    with installation.database.read() as tx:
        instance_id = installation.rows.instance_id(tx)
    made = KeyringFile(installation.key_file.parent).create(instance_id, installation.clock.now())
    assert installation.vault.start().root_kid == made.current.id


def test_a_key_folder_that_cannot_be_made_is_said_at_start_and_at_the_first_save(
    new_installation: Any, tmp_path: Path
) -> None:
    installation = new_installation("home", start=False)
    (tmp_path / "in-the-way").write_text("a file")
    vault = installation.restarted(KeyringFile(tmp_path / "in-the-way" / "keys"))
    status = vault.start()
    assert status.state is VaultState.LOCKED
    assert "cannot be" in status.problem
    with pytest.raises(SetupProblem) as problem, installation.database.begin() as tx:
        vault.seal(tx, Connection("a", "a", "pendo", "engage", HttpSettings("https://app.pendo.io")), Secret(TOKEN))
    assert problem.value.code == "vault_locked"
    assert installation.sql("SELECT count(*) FROM keks") == [(0,)]


def test_one_unreadable_token_leaves_the_others_working_and_entering_it_again_heals_it(installation: Any) -> None:
    good, bad = installation.save("good", TOKEN), installation.save("bad", TOKEN)
    installation.sql("UPDATE secrets SET ct = x'0101' WHERE connection_id = 'bad'")
    status = installation.restarted().start()
    assert (status.state, status.unreadable, status.secrets) == (VaultState.PARTIAL, ("bad",), 2)
    assert installation.vault.open(good) == Secret(TOKEN)
    with pytest.raises(SecretUnreadable) as problem:
        installation.vault.open(bad)
    assert "Enter the token again" in problem.value.hint
    with installation.database.read() as tx:
        assert len(connections.search(tx)) == 2
    healed = installation.save_again(bad, "another-token-for-it")
    assert installation.vault.open(healed) == Secret("another-token-for-it")
    assert installation.vault.status().state is VaultState.OK


def test_a_connection_row_that_cannot_be_read_is_one_unreadable_connection(installation: Any) -> None:
    installation.save("good", TOKEN)
    installation.save("bad", TOKEN)
    installation.sql("UPDATE connections SET http = '{' WHERE id = 'bad'")
    assert installation.vault.start().unreadable == ("bad",)


def test_keys_that_were_damaged_in_the_database_lock_the_vault(installation: Any) -> None:
    connection = installation.save("a", TOKEN)
    installation.sql("UPDATE keks SET wrapped = x'0101'")
    vault = installation.restarted()
    assert "do not open with it" in vault.start().problem
    locked(vault, connection)


def test_verify_believes_nothing_that_was_unwrapped_before(installation: Any) -> None:
    connection = installation.save("a", TOKEN)
    installation.vault.open(connection)
    key, seconds = installation.key_file, 301
    key.rename(key.with_suffix(".away"))
    assert installation.vault.open(connection) == Secret(TOKEN)  # remembered for some minutes
    installation.clock.advance(seconds)
    with pytest.raises(SetupProblem):
        installation.vault.open(connection)
    assert installation.vault.verify().state is VaultState.LOCKED


def test_a_key_row_that_was_altered_is_not_served_from_memory(installation: Any) -> None:
    connection = installation.save("a", TOKEN)
    installation.vault.open(connection)
    installation.sql("UPDATE keks SET wrapped = x'0101'")
    with pytest.raises(SetupProblem):
        installation.vault.open(connection)


def test_keys_wrapped_under_the_next_and_the_previous_root_key_open_too(installation: Any) -> None:
    """The state in the middle of a change of the root key."""
    connection = installation.save("a", TOKEN)
    old = KeyringFile(installation.key_file.parent).load()
    new = EnvironmentKey(SOME_KEY).load().current

    class Changing:
        name, place = "changing", "the changing key"

        def __init__(self, keys: RootKeys) -> None:
            self.load = lambda: keys

    for keys in (RootKeys(old.current, next=new), RootKeys(new, previous=old.current)):
        assert installation.restarted(Changing(keys)).open(connection) == Secret(TOKEN)
    assert installation.restarted(Changing(RootKeys(new))).start().state is VaultState.LOCKED


def test_a17_when_the_random_source_fails_nothing_is_stored(new_installation: Any) -> None:
    def broken(count: int) -> bytes:
        raise OSError("no randomness")

    installation = new_installation("home")
    connection = Connection("a", "a", "pendo", "engage", HttpSettings("https://app.pendo.io"))
    failing = installation.restarted(entropy=broken)

    def save() -> None:
        with installation.database.begin() as tx:
            connections.insert(tx, connection)
            failing.seal(tx, connection, Secret(TOKEN))

    with pytest.raises(OSError, match="no randomness"):
        save()
    assert installation.sql("SELECT (SELECT count(*) FROM connections) + (SELECT count(*) FROM secrets)") == [(0,)]


def test_a17_when_the_random_source_fails_no_key_is_made(new_installation: Any) -> None:
    def broken(count: int) -> bytes:
        raise OSError("no randomness")

    installation = new_installation("home", start=False)
    vault = installation.restarted(KeyringFile(installation.key_file.parent, entropy=broken))
    with pytest.raises(OSError, match="no randomness"):
        vault.start()
    assert not installation.key_file.exists()
    assert installation.sql("SELECT count(*) FROM keks") == [(0,)]


START = """
import sys
from pathlib import Path
from pendant.model.clock import SystemClock
from pendant.store.database import Database
from pendant.store.keys import KeyTable
from pendant.vault import Vault
from pendant.vault.keyring import KeyringFile
folder, clock = Path(sys.argv[1]), SystemClock()
sys.stdin.readline()  # all wait for the same starting shot
database = Database(f"sqlite:///{folder}/data/pendant.db", clock)
database.open()
print(Vault(KeyTable(database), KeyringFile(folder / "keys"), clock).start().root_kid)
database.close()
"""


def test_b09_processes_that_start_together_on_an_empty_installation_make_exactly_one_key(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", START, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(3)
    ]
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    kids = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert len(set(kids)) == 1
    assert kids[0]
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["root-key.json"]
