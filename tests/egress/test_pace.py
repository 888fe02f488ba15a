from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from egress.world import START
from pendant.egress.ending import Ending
from pendant.egress.pace import Pace
from pendant.model.clock import SettableClock

STEPS = st.lists(
    st.one_of(st.just(("ask", 0.0)), st.tuples(st.sampled_from(["hold", "pass"]), st.floats(0, 100))), max_size=20
)


@given(STEPS, st.integers(0, 5000))
@settings(max_examples=100, deadline=None)
def test_requests_are_never_closer_than_the_minimum_wait_and_never_inside_a_hold(steps, wait_ms):
    clock = SettableClock(START)
    pace = Pace(concurrency_level=1, minimum_wait_ms=wait_ms, clock=clock)
    ending = Ending(clock.advance)
    left: list[float] = []
    held_until = 0.0
    for what, seconds in steps:
        if what == "ask":
            with pace.place(ending):
                left.append(clock.monotonic())
                assert clock.monotonic() >= held_until - 1e-6
        elif what == "hold":
            pace.hold(seconds)
            held_until = max(held_until, clock.monotonic() + seconds)
        else:
            clock.advance(seconds)
    assert all(after - before >= wait_ms / 1000 - 1e-6 for before, after in itertools.pairwise(left))


def test_a_place_is_given_back_when_waiting_for_its_turn_fails():
    def broken_pause(_seconds: float) -> None:
        raise InterruptedError

    clock = SettableClock(START)
    pace = Pace(concurrency_level=1, minimum_wait_ms=0, clock=clock)
    ending = Ending(broken_pause)
    pace.hold(5)
    for _ in range(2):
        try:
            with pace.place(ending):
                raise AssertionError
        except InterruptedError:
            pass
    clock.advance(5)
    with pace.place(ending):
        pass
