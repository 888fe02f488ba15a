"""What a process of Pendant does to itself before it touches a secret. Called by the entry point, never at import."""

from __future__ import annotations

import ctypes
import os
import resource
import sys

SWITCH_SECONDS = 0.0005
LARGE_BLOCK_BYTES = 32 << 20

_PR_SET_DUMPABLE = 4
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8


def harden() -> None:
    """Write no core dumps, let no other process of the same user read this one's memory, and keep new files private."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def save_memory() -> None:
    """Let what an export has used be used again: pieces of a MB come and go on several threads.

    Arrow's own allocator keeps up to 70 MB more than is needed and is little faster; Arrow looks for another one once,
    when it is imported. The system's keeps a heap for each thread unless told otherwise, and gives every block of a
    MB back at once, which costs a seventh of an export's time.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    if sys.platform.startswith("linux"):
        system = ctypes.CDLL(None)
        # Only glibc has it; others keep less.
        if hasattr(system, "mallopt"):
            system.mallopt(_M_ARENA_MAX, 1)
            system.mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)
            system.mallopt(_M_TRIM_THRESHOLD, LARGE_BLOCK_BYTES)


def share_interpreter() -> None:
    """Hand the interpreter over ten times as often as by default.

    A thread that fetches or writes asks for it many times a MB, and each time waits for the one that converts.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
