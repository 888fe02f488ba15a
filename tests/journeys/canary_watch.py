"""What others on the machine can see of a process while it runs: its command line and its environment."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EVERY_SECONDS = 0.02


class Watch:
    """Everything that was seen of the children of this process, and of theirs."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, bytes]] = set()

    def look(self) -> None:
        for pid in _below(os.getpid()):
            for name in ("cmdline", "environ"):
                content = _read(Path(f"/proc/{pid}/{name}"))
                if content:
                    self.seen.add((f"{name} of a process", content))


@contextmanager
def watching() -> Iterator[Watch]:
    watch = Watch()
    ended = threading.Event()

    def look_again_and_again() -> None:
        while not ended.wait(EVERY_SECONDS):
            watch.look()

    thread = threading.Thread(target=look_again_and_again)
    thread.start()
    try:
        yield watch
    finally:
        ended.set()
        thread.join()


def _below(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _read(task).split():
            yield int(child)
            yield from _below(int(child))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        # It has ended meanwhile, or is not ours to see, which is what others meet as well.
        return b""
