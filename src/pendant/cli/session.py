"""The installation that a command works on, opened from the environment and closed when the command ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from cyclopts import Parameter

from pendant.app import App, open_app
from pendant.settings import Settings

Json = Annotated[
    bool, Parameter(name="--json", negative="", help="Print one JSON document for programs instead of text.")
]


@contextmanager
def installation() -> Iterator[App]:
    with open_app(Settings.from_environment(os.environ)) as app:
        yield app
