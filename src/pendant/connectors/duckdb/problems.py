"""DuckDB's own errors as the product's. It has classes for kinds of statements, so its words decide."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pendant.errors import Conflict, PendantError, SetupProblem, WrongInput

_LOCKED = ("could not set lock", "already attached", "already open", "file handle conflict", "different configuration")
_FULL = ("no space left", "file too large", "disk quota")
_UNWRITABLE = ("permission denied", "read-only file system", "operation not permitted")


@contextmanager
def named_problems(path: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as problem:
        raise _named(problem, path) from problem


def _named(problem: duckdb.Error, path: Path) -> PendantError:
    words = str(problem).lower()
    if any(word in words for word in _LOCKED):
        return Conflict(
            "target_locked",
            f"{path} is open in another program, which DuckDB allows to one at a time.",
            hint="Close it there, or choose another target.",
            field="target",
        )
    if any(word in words for word in _FULL):
        return SetupProblem(
            "disk_full",
            f"There is no room left for {path}; nothing was changed.",
            hint="Free some space, lift the limit, or choose a target on another disk, and run it again.",
            field="target",
        )
    if any(word in words for word in _UNWRITABLE):
        return WrongInput(
            "target_unwritable",
            f"{path} cannot be written to.",
            hint="Choose another target, or change who may write there.",
            field="target",
        )
    return _unusable(problem, path)


def _unusable(problem: duckdb.Error, path: Path) -> PendantError:
    first_line = str(problem).splitlines()[0]
    if isinstance(problem, duckdb.IOException | duckdb.SerializationException):
        return WrongInput(
            "target_not_duckdb",
            f"{path} cannot be opened as a DuckDB file: {first_line}",
            hint="Choose another target.",
            field="target",
        )
    return SetupProblem(
        "duckdb_failed",
        f"DuckDB could not store the rows in {path}: {first_line}",
        hint="Nothing was changed. Export to Parquet, or leave out the column it names.",
        field="target",
    )
