"""What the database says when it cannot go on, as sentences for whoever runs the installation."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError

from pendant.errors import SetupProblem

_SENTENCES: dict[int, tuple[str, str, str]] = {
    sqlite3.SQLITE_FULL: (
        "disk_full",
        "The disk is full: the database {path} could not be written, and nothing was changed.",
        "Free some space and try again.",
    ),
    sqlite3.SQLITE_BUSY: (
        "database_busy",
        "Another process has held the database {path} for too long, and nothing was changed.",
        "Try again; if it stays so, stop the process that holds it.",
    ),
    sqlite3.SQLITE_READONLY: (
        "data_dir_unwritable",
        "The database {path} or its folder cannot be written, and nothing was changed.",
        "Correct the permissions of the data folder.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "database_unopenable",
        "The file {path} is not a SQLite database.",
        "Set PENDANT_DATA_DIR to the right folder, or restore the database from a backup.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "database_unopenable",
        "The database {path} is damaged.",
        "Restore it from a backup.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "database_unopenable",
        "The database {path} cannot be opened.",
        "Check that the folder exists and that its permissions let this user read and write.",
    ),
    sqlite3.SQLITE_IOERR: (
        "database_unopenable",
        "Reading or writing the database {path} failed.",
        "Check the disk and its free space.",
    ),
}


def as_setup_problem(problem: DBAPIError, path: Path, *, reading: bool) -> SetupProblem | None:
    """Return the sentence for a failure of the database itself, None for a mistake of ours.

    Such a mistake is a broken constraint, or a write in a transaction that was opened for `reading`.
    """
    code = getattr(problem.orig, "sqlite_errorcode", None)
    if code is None or isinstance(problem, IntegrityError) or (reading and code == sqlite3.SQLITE_READONLY):
        return None
    known = _SENTENCES.get(code & 0xFF)  # the low byte is the kind, the others say where exactly
    if known is None:
        return None
    name, message, hint = known
    return SetupProblem(name, message.format(path=path), hint=hint)
