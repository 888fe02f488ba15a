from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pendant.model.run import ENDED, TRANSITIONS, RunEvent, RunState, next_state


@given(st.lists(st.sampled_from(RunEvent)))
def test_any_order_of_events_keeps_a_run_in_a_legal_state(events: list[RunEvent]) -> None:
    state = RunState.QUEUED
    for event in events:
        following = next_state(state, event)
        assert following == state or TRANSITIONS[state, event] == following
        state = following


@given(st.sampled_from(sorted(ENDED)), st.sampled_from(RunEvent))
def test_a_run_that_ended_never_moves_again(state: RunState, event: RunEvent) -> None:
    assert next_state(state, event) == state


def test_every_state_can_be_reached_from_queued() -> None:
    reached = {RunState.QUEUED}
    while more := {TRANSITIONS[s, e] for s, e in TRANSITIONS if s in reached} - reached:
        reached |= more
    assert reached == set(RunState)


def test_a_run_whose_process_ended_is_queued_again() -> None:
    assert next_state(RunState.RUNNING, RunEvent.STOP) == RunState.QUEUED
    assert next_state(RunState.WAITING, RunEvent.STOP) == RunState.QUEUED
