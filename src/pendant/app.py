"""One installation, opened from its settings. Whoever opens it closes it."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from pendant.access.passwords import Passwords
from pendant.connectors.catalogue import Catalogue, load
from pendant.egress import Egress
from pendant.errors import SetupProblem
from pendant.model.clock import Clock, SystemClock
from pendant.model.scrub import Scrubber
from pendant.settings import Settings
from pendant.store.database import Database
from pendant.store.keys import KeyTable
from pendant.vault import Vault, provider_from

SQLITE_OF_NEW_PYTHON = (3, 42, 0)


@dataclass(frozen=True, slots=True)
class App:
    settings: Settings
    clock: Clock
    database: Database
    vault: Vault
    egress: Egress
    catalogue: Catalogue
    _closing: ExitStack = field(repr=False)
    passwords: Passwords = field(default_factory=Passwords)

    def close(self) -> None:
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, place: TracebackType | None
    ) -> None:
        self.close()


def open_app(settings: Settings, clock: Clock | None = None, *, scrubber: Scrubber | None = None) -> App:
    """Open the database, the vault, the way out and the connectors; what was opened is closed again on an error.

    `scrubber` is the one that the log uses, so that no line shows a token that is in use.
    """
    refuse_old_sqlite(sys.version_info[:2], sqlite3.sqlite_version_info)
    time = clock or SystemClock()
    catalogue = load()
    with ExitStack() as opened:
        database = Database(settings.database_url, time)
        database.open()
        opened.callback(database.close)
        vault = Vault(KeyTable(database), provider_from(settings), time)
        vault.start()
        egress = Egress(allow_networks=settings.allow_networks, opener=vault, clock=time, scrubber=scrubber)
        opened.callback(egress.close)
        return App(settings, time, database, vault, egress, catalogue, opened.pop_all())


def refuse_old_sqlite(python: tuple[int, ...], sqlite: tuple[int, ...]) -> None:
    """Python 3.12 brought behaviour that durable runs rely on and that SQLite before 3.42 answers wrongly."""
    if python >= (3, 12) and sqlite < SQLITE_OF_NEW_PYTHON:
        found = ".".join(str(part) for part in sqlite)
        raise SetupProblem(
            "sqlite_too_old",
            f"Python {python[0]}.{python[1]} is linked to SQLite {found}, but SQLite 3.42 or newer is needed with it.",
            hint="Use Python 3.11, or a Python that is linked to a newer SQLite.",
        )
