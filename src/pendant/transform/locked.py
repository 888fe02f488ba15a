"""A DuckDB in memory that can reach nothing: no file, no network, no extension, no Python variable, no setting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

MEMORY_LIMIT = "256MB"
SECONDS_MAX = 30.0

_LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "temp_directory": "",
    "memory_limit": MEMORY_LIMIT,
    # The run works on several slices at once; more threads inside one would only get in their way.
    "threads": "1",
}
_PREPARATION = (
    "SET GLOBAL TimeZone = 'UTC'",
    # As many stars for every text: how long it is says something, too. A short text shows nothing of itself.
    """CREATE MACRO masked(x) AS CASE WHEN length(CAST(x AS VARCHAR)) > 4 THEN '****' || right(CAST(x AS VARCHAR), 2)
    WHEN x IS NOT NULL THEN '****' END""",
    "SET GLOBAL lock_configuration = true",
)


def locked_database() -> duckdb.DuckDBPyConnection:
    """Open it, with a function of ours: masked(x) keeps the last two characters. For hashed(x) see hashed.py."""
    database = duckdb.connect(config=_LOCKED)
    for statement in _PREPARATION:
        database.execute(statement)
    return database


@contextmanager
def stopped_after(database: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt what runs on `database` inside when it takes too long; DuckDB then raises InterruptException."""
    timer = threading.Timer(seconds, database.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
