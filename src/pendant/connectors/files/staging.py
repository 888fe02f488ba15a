"""The folder beside a target in which a run builds its result before anybody sees it.

`.<name>.pendant-<run id>/` stands in the folder of the target, so that a rename moves the finished file. The run
holds a lock on it (flock on the folder itself, which the system drops when the process dies): a staging folder
that can be locked was left behind by a dead run, and the next run of the same target removes it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path

from pendant.connectors.files.disk import named_problems, sync_file, sync_folder
from pendant.errors import Conflict, WrongInput
from pendant.model.run import Slice

ATTEMPTS_MAX = 20


class Staging:
    """One run's staging folder. `part` names are stable: a slice stored twice replaces its first part."""

    def __init__(self, target: Path, run_id: str) -> None:
        self.target = target
        self.folder = target.parent / f".{target.name}.pendant-{run_id}"
        self._lock: int | None = None
        self._names = 0
        self._naming = threading.Lock()

    def open(self) -> None:
        check_folder(self.target.parent)
        with named_problems(self.target.parent):
            self._remove_left_behind()
            self._lock = self._create_locked()

    def part(self, part: Slice) -> Path:
        return self.folder / f"{part.key}.part"

    def temporary(self) -> Path:
        with self._naming:
            self._names += 1
            return self.folder / f"{self._names}.tmp"

    def keep(self, temporary: Path, part: Slice) -> None:
        """Make a finished temporary file the part of its slice, durably."""
        with named_problems(self.target.parent):
            sync_file(temporary)
            temporary.replace(self.part(part))
            sync_folder(self.folder)

    def show(self, finished: Path, *, may_replace: bool) -> None:
        """Make a finished file of the staging folder the target: the one moment in which the target changes."""
        with named_problems(self.target.parent):
            sync_file(finished)
            if may_replace:
                finished.replace(self.target)
            else:
                _move_to_free_name(finished, self.target)
            sync_folder(self.target.parent)

    def remove(self) -> None:
        if self._lock is None:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)
        self._lock = None

    def _remove_left_behind(self) -> None:
        prefix = f".{self.target.name}.pendant-"
        for entry in self.target.parent.iterdir():
            if entry.name.startswith(prefix) and entry.is_dir():
                _remove_unless_locked(entry, self.target)

    def _create_locked(self) -> int:
        for _attempt in range(ATTEMPTS_MAX):
            self.folder.mkdir(mode=0o700, exist_ok=True)
            lock = _locked(self.folder)
            # Between mkdir and flock another run may have taken the folder for a left-behind one and removed it.
            if lock is not None and _is_still(self.folder, lock):
                return lock
            if lock is not None:
                os.close(lock)
        raise _in_use(self.target)


def remove_left_behind(folder: Path) -> None:
    """Remove what killed runs have left in a folder in which nothing but staging folders is."""
    for entry in folder.iterdir():
        with suppress(Conflict):
            _remove_unless_locked(entry, entry)


def check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise WrongInput(
            "folder_missing",
            f"There is no folder {folder}.",
            hint="Create it, or choose another target.",
            field="target",
        )


def check_regular(target: Path) -> None:
    if target.exists() and not target.is_file():
        raise WrongInput(
            "target_not_a_file",
            f"{target} is not a regular file.",
            hint="Choose a target that is a file, or does not exist yet.",
            field="target",
        )


def target_exists(target: Path | str) -> Conflict:
    return Conflict(
        "target_exists",
        f"{target} exists already, and was not written by the same export.",
        hint="Choose another target, or allow replacing it (--replace).",
        field="target",
    )


def _move_to_free_name(finished: Path, target: Path) -> None:
    """Rename, unless the name was taken meanwhile: a link, unlike a rename, refuses a name that is taken."""
    try:
        os.link(finished, target)
    except FileExistsError:
        raise target_exists(target) from None
    except OSError as problem:
        if problem.errno not in {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}:
            raise
        _rename_to_free_name(finished, target)
    else:
        finished.unlink()


def _rename_to_free_name(finished: Path, target: Path) -> None:
    if target.exists():
        raise target_exists(target)
    finished.rename(target)


def _remove_unless_locked(folder: Path, target: Path) -> None:
    lock = _locked(folder)
    if lock is None:
        raise _in_use(target)
    try:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def _locked(folder: Path) -> int | None:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _is_still(folder: Path, descriptor: int) -> bool:
    try:
        return folder.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False


def _in_use(target: Path) -> Conflict:
    return Conflict(
        "target_in_use",
        f"Another run is writing {target} at this moment.",
        hint="Wait for it to end, or choose another target.",
        field="target",
    )
