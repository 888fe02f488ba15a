from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pendant.model.clock import SettableClock
from pendant.store.database import Database


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "pendant.db"


@pytest.fixture
def database(path: Path, clock: SettableClock) -> Iterator[Database]:
    database = Database(f"sqlite:///{path}", clock)
    database.open()
    yield database
    database.close()
