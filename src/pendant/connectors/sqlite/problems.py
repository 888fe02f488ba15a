"""SQLite's own errors as the product's. ADBC passes its words and few of its numbers, so the words decide."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import adbc_driver_manager

from pendant.errors import Conflict, PendantError, SetupProblem, WrongInput


@contextmanager
def named_problems(path: Path) -> Iterator[None]:
    try:
        yield
    except adbc_driver_manager.Error as problem:
        raise _named(problem, path) from problem


def _named(problem: Exception, path: Path) -> PendantError:
    words = str(problem).lower()
    if "database is locked" in words or "database table is locked" in words:
        return Conflict(
            "target_locked",
            f"{path} is being written by another program.",
            hint="Wait until that has ended, or choose another target.",
            field="target",
        )
    if "disk is full" in words or "disk i/o error" in words:
        return SetupProblem(
            "disk_full",
            f"There is no room left for {path}; nothing was changed.",
            hint="Free some space, lift the limit, or choose a target on another disk, and run it again.",
            field="target",
        )
    if "readonly database" in words or "read-only" in words or "unable to open" in words:
        return WrongInput(
            "target_unwritable",
            f"{path} cannot be written to.",
            hint="Choose another target, or change who may write there.",
            field="target",
        )
    if "not a database" in words:
        return WrongInput(
            "target_not_sqlite",
            f"{path} is not a SQLite file.",
            hint="Choose another target.",
            field="target",
        )
    return SetupProblem(
        "sqlite_failed",
        f"SQLite could not store the rows in {path}: {str(problem).splitlines()[0]}",
        hint="Nothing was changed. Export to Parquet, or leave out the column it names.",
        field="target",
    )
