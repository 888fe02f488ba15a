"""A pytest fixture: `from pendosim.testing import pendo` in a conftest.py."""

from collections.abc import Iterator

import pytest

from pendosim.running import Pendo, running


@pytest.fixture
def pendo() -> Iterator[Pendo]:
    """Run a small subscription, one for each test."""
    with running(visitors=200, accounts=20, days=7, events_per_day=200) as started:
        yield started
