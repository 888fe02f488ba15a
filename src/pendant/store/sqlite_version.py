"""Which SQLite goes with which Python."""

from __future__ import annotations

import sqlite3
import sys

from pendant.errors import SetupProblem

SQLITE_OF_NEW_PYTHON = (3, 42, 0)


def refuse_old_sqlite(
    python: tuple[int, ...] = sys.version_info[:2], sqlite: tuple[int, ...] = sqlite3.sqlite_version_info
) -> None:
    """Python 3.12 brought behaviour that durable runs rely on and that SQLite before 3.42 answers wrongly."""
    if python >= (3, 12) and sqlite < SQLITE_OF_NEW_PYTHON:
        found = ".".join(str(part) for part in sqlite)
        raise SetupProblem(
            "sqlite_too_old",
            f"Python {python[0]}.{python[1]} is linked to SQLite {found}, but SQLite 3.42 or newer is needed with it.",
            hint="Use Python 3.11, or a Python that is linked to a newer SQLite.",
        )
