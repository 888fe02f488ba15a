"""The pytest fixture that ships with the simulator."""

from pendosim.testing import pendo

__all__ = ["pendo"]


def test_the_fixture_gives_a_running_simulator(pendo):
    assert pendo.expected("visitors").rows == 200
    assert pendo.api.startswith("http://127.0.0.1:")
    assert pendo.requests == []
