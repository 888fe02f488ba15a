"""The installation that a command works on, opened from the environment and closed when the command ends."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pendant.app import App, open_app
from pendant.cli.log_file import logging_to_file
from pendant.errors import PendantError
from pendant.model.clock import SystemClock
from pendant.model.scrub import Scrubber
from pendant.settings import Settings

Json = Annotated[
    bool, Parameter(name="--json", negative="", help="Print one JSON document for programs instead of text.")
]


@contextmanager
def installation() -> Iterator[App]:
    settings = Settings.from_environment(os.environ)
    clock = SystemClock()
    scrubber = Scrubber(clock)
    with logging_to_file(settings, scrubber) as log:
        try:
            with open_app(settings, clock, scrubber=scrubber) as app:
                yield app
        except (PendantError, BrokenPipeError):
            raise
        except Exception as problem:  # noqa: BLE001 - the last net: it goes into the log, and the command ends
            raise _noted(problem, log) from None


def _noted(problem: Exception, log: Path) -> PendantError:
    """Put what nobody expected into the log under an id, and return one sentence about it."""
    number = secrets.token_hex(4)
    logging.getLogger("pendant.cli").critical("unexpected error %s", number, exc_info=problem)
    return PendantError(
        "unexpected",
        f"Something went wrong that should not have; error {number}.",
        hint=f"The details are in {log} under that number.",
    )
