"""Which process a run belongs to: the one that holds the lock on the run's file in the data folder.

The system lets go of a lock when its process ends, however it ends. So a run that says it is running, and whose
lock is free, was left behind.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class RunLocks:
    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "running"

    def take(self, run_id: str) -> int | None:
        """Return a handle for `give_back`, or None when another process or thread has the run."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{run_id}.lock"
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return None
            # Between opening and locking, its last holder may have removed the file: then this lock is on nothing.
            if _is_still(path, descriptor):
                return descriptor
            os.close(descriptor)

    def give_back(self, run_id: str, handle: int) -> None:
        (self._folder / f"{run_id}.lock").unlink(missing_ok=True)
        os.close(handle)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
