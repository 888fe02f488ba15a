"""Where the command line logs to: a file in the data folder, so that its output stays what was asked for."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from pendant.logs import configure
from pendant.model.scrub import Scrubber
from pendant.settings import Settings

NAME = "pendant.log"


class LogFile(io.TextIOBase):
    """Made when the first line is written, readable by its owner alone. A disk that is full loses the line only."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._handle: int | None = None

    def write(self, text: str) -> int:
        try:
            if self._handle is None:
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.write(self._handle, text.encode())
        except OSError:
            return 0
        return len(text)

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        super().close()


@contextmanager
def logging_to_file(settings: Settings, scrubber: Scrubber) -> Iterator[Path]:
    """Send every log record to the log file, scrubbed of the tokens in use; give the file's path."""
    path = settings.data_dir / NAME
    root = logging.getLogger()
    before = root.handlers[:]
    with LogFile(path) as file:
        # typeshed's TextIO is a class of its own; a handler needs only write and flush.
        configure(settings, scrubber, stream=cast(TextIO, file))
        try:
            yield path
        finally:
            root.handlers[:] = before
