"""What can go wrong with a disk, as sentences; and the two calls that make a file durable."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pendant.errors import PendantError, SetupProblem, WrongInput

SETTLE_BYTES = 16 * 1024 * 1024
READ_BYTES = 1024 * 1024

# EFBIG is the file-size limit of the process or the file system: for the person, the same as a full disk.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_UNWRITABLE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@contextmanager
def named_problems(folder: Path) -> Iterator[None]:
    """Turn an OSError of the writing inside into the product's own error."""
    try:
        yield
    except OSError as problem:
        raise _named(problem, folder) from problem


def _named(problem: OSError, folder: Path) -> PendantError:
    if problem.errno in _FULL:
        return SetupProblem(
            "disk_full",
            f"There is no room left for the file in {folder}; nothing was changed.",
            hint="Free some space, lift the limit, or choose a target on another disk, and run it again.",
            field="target",
        )
    if problem.errno in _UNWRITABLE:
        return WrongInput(
            "folder_unwritable",
            f"The folder {folder} cannot be written to ({problem.strerror}).",
            hint="Choose another target, or change who may write there.",
            field="target",
        )
    return SetupProblem(
        "disk_error",
        f"Writing in {folder} failed: {problem.strerror or problem}; nothing was changed.",
        hint="Look at the disk, then run it again.",
        field="target",
    )


def sync_file(path: Path) -> None:
    _sync(path, os.O_RDONLY)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable: a rename is lost with the power unless this is done."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class SteadyFile(io.FileIO):
    """A file that is written through to the disk as it grows, and leaves the page cache unless it is read again soon.

    An export may be larger than memory. Left to the end, its pages push others out and the last fsync takes
    seconds; on virtual machines that hand out memory lazily, this way is also three times as fast.
    """

    def __init__(self, path: Path, *, continued: bool = False, read_again: bool = False) -> None:
        """Create a file that must not exist yet, or go on at the end of one that does."""
        super().__init__(path, "r+" if continued else "x")
        self._read_again = read_again
        self._written = self._settled = self.seek(0, os.SEEK_END)

    def write(self, data: Any) -> int:
        """Write all of `data` (bytes or anything that lends its bytes), unlike a raw file."""
        view = memoryview(data).cast("B")
        while view:
            done = super().write(view[:SETTLE_BYTES]) or 0
            self.grown(done)
            view = view[done:]
        return memoryview(data).nbytes

    def grown(self, count: int) -> None:
        """Take note of `count` bytes that were written to the descriptor."""
        self._written += count
        if self._written - self._settled >= SETTLE_BYTES:
            os.fdatasync(self.fileno())
            if not self._read_again:
                _leave_cache(self.fileno(), self._settled, self._written - self._settled)
            self._settled = self._written


def _leave_cache(descriptor: int, start: int, count: int) -> None:
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, start, count, os.POSIX_FADV_DONTNEED)


def append_range(source: Path, target: SteadyFile, *, start: int = 0, end: int | None = None) -> int:
    """Append bytes [start, end) of the file `source` to `target`, inside the kernel if possible."""
    with source.open("rb", buffering=0) as file:
        stop = os.fstat(file.fileno()).st_size if end is None else end
        at = start
        while at < stop:
            done = _copy(file.fileno(), target, at, min(SETTLE_BYTES, stop - at))
            if done == 0:
                raise OSError(errno.EIO, f"{source.name} is shorter than it was")
            _leave_cache(file.fileno(), at, done)
            at += done
    return at - start


def _copy(source: int, target: SteadyFile, at: int, count: int) -> int:
    try:
        done = os.copy_file_range(source, target.fileno(), count, offset_src=at)
    except OSError as problem:
        # Some file systems cannot copy inside the kernel; everything else is a real failure.
        if problem.errno not in {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}:
            raise
        return target.write(os.pread(source, min(count, READ_BYTES), at))
    target.grown(done)
    return done
