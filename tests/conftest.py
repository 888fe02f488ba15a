"""For every test: programs started as children import the same source as this process does, and can be interrupted."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from object_storage import storing
from postgresql_server import Server, binaries, running

os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent / "src")

# Whoever is started in the background by a shell ignores Ctrl-C, and so do all its children, unless it says otherwise.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long one example takes says more about the machine than about the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server of the tests' own, started once for each process that needs it."""
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed here: its targets are not tested")
    with running() as started:
        yield started


@pytest.fixture(scope="session")
def object_storage() -> Iterator[str]:
    """An S3 server of the tests' own with the bucket `exports`; the base URI of a connection to it."""
    with storing("exports") as address:
        yield address
