"""One installation, opened from its settings. Whoever opens it closes it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from pendant.access.passwords import Passwords
from pendant.connectors.catalogue import Catalogue, load
from pendant.egress import Egress
from pendant.model.clock import Clock, SystemClock
from pendant.model.scrub import Scrubber
from pendant.settings import Settings
from pendant.store.database import Database
from pendant.store.keys import KeyTable
from pendant.store.sqlite_version import refuse_old_sqlite
from pendant.vault import Vault, provider_from


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
    refuse_old_sqlite()
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
