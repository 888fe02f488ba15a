"""Files that hold keys: made for the owner alone, read only when nobody else could have read or swapped them."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from pathlib import Path

from pendant.errors import SetupProblem

_SIZE_MAX = 65_536
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def read_private(path: Path) -> bytes | None:
    """Return what the file holds, None when there is no such file; refuse one that is not private."""
    try:
        # O_NONBLOCK: a pipe in place of the file must not hang the start.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as problem:
        if problem.errno == errno.ELOOP:
            raise unsafe(path, "is a symbolic link", "Put the file itself there.") from None
        raise _unreadable(path, problem) from problem
    with os.fdopen(handle, "rb") as file:
        refuse_shared(path, os.fstat(file.fileno()), owner=os.geteuid())
        return file.read(_SIZE_MAX)


def read_mounted(path: Path) -> bytes | None:
    """Return what a file holds that the platform mounted; its owner, mode and links are the platform's business."""
    try:
        with path.open("rb") as file:
            return file.read(_SIZE_MAX)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise _unreadable(path, problem) from problem


def refuse_shared(path: Path, status: os.stat_result, *, owner: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise unsafe(path, "is not a regular file", "Put the file itself there.")
    if status.st_uid != owner:
        raise unsafe(path, "belongs to another user", "Make it belong to the user that runs Pendant.")
    if status.st_mode & _OTHERS:
        raise unsafe(path, "can be used by other users of this machine", f"Run: chmod 600 {path}")


def refuse_open_folder(folder: Path) -> None:
    if folder.is_dir() and folder.stat().st_mode & _OTHERS_WRITE:
        raise unsafe(folder, "can be written by other users of this machine", f"Run: chmod 700 {folder}")


def create_private(path: Path, content: bytes) -> bool:
    """Write a new file and return True once file and folder are on disk; return False if the file exists already.

    The file appears under its name complete or not at all: it is written beside and linked, and a link, unlike a
    rename, never replaces anything.
    """
    try:
        _make_folder(path.parent)
        beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        _write_new(beside, content)
        try:
            os.link(beside, path)
        except FileExistsError:
            return False
        finally:
            beside.unlink()
            _sync(path.parent)
    except OSError as problem:
        raise SetupProblem(
            "key_dir_unwritable",
            f"The key folder {path.parent} cannot be written ({problem.strerror}).",
            hint="Correct its permissions, or set PENDANT_KEY_DIR to a folder of your own.",
            field="PENDANT_KEY_DIR",
        ) from problem
    return True


def unsafe(path: Path, finding: str, hint: str) -> SetupProblem:
    return SetupProblem("key_file_unsafe", f"{path} {finding}; a key must be private.", hint=hint)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)  # another process may have been faster
        folder.chmod(0o700)
        _sync(folder.parent)


def _write_new(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)  # whatever the umask
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unreadable(path: Path, problem: OSError) -> SetupProblem:
    return SetupProblem(
        "key_file_unreadable",
        f"The key file {path} cannot be read ({problem.strerror}).",
        hint="Correct its permissions.",
    )
