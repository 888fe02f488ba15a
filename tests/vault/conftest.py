import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pendant.model.clock import SettableClock
from pendant.model.connection import Authentication, Connection, HttpSettings
from pendant.model.secret import Secret
from pendant.store import connections
from pendant.store.database import Database
from pendant.store.keys import KeyTable
from pendant.vault import RootKeyProvider, Vault
from pendant.vault.keyring import KeyringFile

HTTP = HttpSettings(base_uri="https://app.pendo.io", authentication=Authentication("header", "x-pendo-integration-key"))


def some_token() -> str:
    return secrets.token_hex(18)


@dataclass
class Installation:
    """One database and one key folder; `sql` is somebody who can write the database but has no key."""

    folder: Path
    clock: SettableClock
    database: Database
    vault: Vault

    @property
    def database_file(self) -> Path:
        return self.folder / "data" / "pendant.db"

    @property
    def key_file(self) -> Path:
        return self.folder / "keys" / "root-key.json"

    @property
    def rows(self) -> KeyTable:
        return KeyTable(self.database)

    def restarted(self, provider: RootKeyProvider | None = None, **settings: Any) -> Vault:
        """Another process on the same installation, which has not started its vault yet."""
        return Vault(self.rows, provider or KeyringFile(self.folder / "keys"), self.clock, **settings)

    def save(self, connection_id: str, token: str, **changes: Any) -> Connection:
        connection = Connection(connection_id, connection_id, "pendo", "engage", replace(HTTP, **changes))
        with self.database.begin() as tx:
            connections.insert(tx, connection)
            self.vault.seal(tx, connection, Secret(token))
        return connection

    def save_again(self, connection: Connection, token: str) -> Connection:
        new = replace(connection, version=connection.version + 1)
        with self.database.begin() as tx:
            assert connections.replace(tx, new, expected_version=connection.version)
            self.vault.seal(tx, new, Secret(token))
        return new

    def sql(self, statement: str, *values: Any) -> list[Any]:
        with closing(sqlite3.connect(self.database_file)) as other:
            rows = other.execute(statement, values).fetchall()
            other.commit()
            return rows


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture
def new_installation(tmp_path: Path, clock: SettableClock) -> Iterator[Callable[..., Installation]]:
    """Make installations; nothing is started unless `start` says so."""
    made: list[Installation] = []

    def make(name: str, *, start: bool = True, **settings: Any) -> Installation:
        folder = tmp_path / name
        database = Database(f"sqlite:///{folder / 'data' / 'pendant.db'}", clock)
        database.open()
        vault = Vault(KeyTable(database), KeyringFile(folder / "keys"), clock, **settings)
        made.append(Installation(folder, clock, database, vault))
        if start:
            vault.start()
        return made[-1]

    yield make
    for installation in made:
        installation.database.close()


@pytest.fixture
def installation(new_installation: Callable[..., Installation]) -> Installation:
    return new_installation("home")
