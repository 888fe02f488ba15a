"""The clock that tests set."""

import pytest

from pendosim import SettableClock

NOW = 1710171000000


@pytest.mark.parametrize("moment", [0, -5, 10**13, 10**29])
def test_a_time_of_another_century_is_refused_and_the_clock_stays(moment):
    clock = SettableClock(NOW)
    with pytest.raises(ValueError, match="between the years 1990 and 2099"):
        clock.set(moment)
    with pytest.raises(ValueError, match="between the years 1990 and 2099"):
        SettableClock(moment)
    assert clock.now() == NOW


def test_a_clock_cannot_be_advanced_out_of_its_century():
    clock = SettableClock(NOW)
    with pytest.raises(ValueError, match="between the years 1990 and 2099"):
        clock.advance(10**12)
    assert clock.now() == NOW


def test_the_control_listener_refuses_it_too(own):
    answer = own.control("POST", "/clock", {"now": 10**29})
    assert answer.status == 400
    assert own.control("GET", "/clock").json() == {"now": NOW}
