"""The laws of incremental runs: nothing is missed, nothing is moved by a clock that goes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pendant.model.export import Delays, Position
from pendant.model.incremental import Due, due
from pendant.model.run import Reading

START = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 20, 13, 45, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def spans(found: Due) -> list[tuple[str, str, str]]:
    return [(f"{s.since:%m-%dT%H}", f"{s.until:%m-%dT%H}", s.reading.value) for s in found.spans]


def test_the_first_run_reads_from_the_start_to_the_horizon_and_its_old_part_is_final() -> None:
    found = due(None, NOW, START, Delays())
    assert spans(found) == [("03-01T00", "03-20T05", "new")]
    assert found.position == Position(START, NOW.replace(hour=5, minute=0), datetime(2026, 3, 11, tzinfo=UTC))


def test_the_next_day_reads_the_new_day_three_days_again_and_one_day_for_the_last_time() -> None:
    first = due(None, NOW, START, Delays()).position
    found = due(first, NOW + DAY, START, Delays())
    assert spans(found) == [
        ("03-11T00", "03-12T00", "final"),
        ("03-17T00", "03-20T05", "again"),
        ("03-20T05", "03-21T05", "new"),
    ]
    assert [f"{since:%m-%dT%H}-{until:%m-%dT%H}" for since, until in found.windows] == [
        "03-11T00-03-12T00",
        "03-17T00-03-21T05",
    ]


def test_after_a_long_break_one_window_is_read_and_what_is_old_by_then_is_final_at_once() -> None:
    first = due(None, NOW, START, Delays()).position
    found = due(first, NOW + 30 * DAY, START, Delays())
    assert [span.reading for span in found.spans] == [Reading.FINAL, Reading.NEW]
    assert len(found.windows) == 1
    assert found.position.final == datetime(2026, 4, 10, tzinfo=UTC)


def test_without_look_back_and_final_pass_only_what_is_new_is_read() -> None:
    plain = Delays(horizon_hours=0, lookback_days=0, final_days=0)
    first = due(None, NOW, START, plain).position
    assert spans(due(first, NOW + DAY, START, plain)) == [("03-20T13", "03-21T13", "new")]


def test_a_row_that_counts_a_whole_day_is_final_a_day_later() -> None:
    found = due(None, NOW, START, Delays(), bucket=DAY)
    assert found.position.final == datetime(2026, 3, 10, tzinfo=UTC)


def test_a_clock_that_goes_back_moves_nothing() -> None:
    first = due(None, NOW, START, Delays()).position
    found = due(first, NOW - 5 * DAY, START, Delays())
    assert found.position == first
    assert {span.reading for span in found.spans} == {Reading.AGAIN}


def test_before_there_is_anything_to_read_nothing_is_read() -> None:
    assert due(None, START + HOUR, START, Delays()).spans == ()


DELAYS = st.builds(Delays, st.integers(0, 48), st.integers(0, 12), st.integers(0, 20))
STEPS = st.lists(st.integers(-40, 24 * 20), min_size=1, max_size=12)


@settings(max_examples=150)
@given(DELAYS, STEPS, st.sampled_from([timedelta(), DAY]))
def test_whenever_runs_happen_nothing_is_missed_and_everything_is_final_once(
    delays: Delays, steps: list[int], bucket: timedelta
) -> None:
    now, position = START + HOUR, None
    read = final = START
    for step in steps:
        now += step * HOUR
        found = due(position, now, START, delays, bucket=bucket)
        for before, after in zip(found.spans, found.spans[1:], strict=False):
            assert before.until <= after.since
        new = [span for span in found.spans if span.reading is Reading.NEW]
        for span in new:
            assert span.since == read, "no gap, and nothing for the first time twice"
            read = span.until
        assert found.position.position == read
        last = [span for span in found.spans if span.reading is Reading.FINAL]
        for span in last:
            assert span.since == final, "days become final in order, each once"
        reached = found.position.final
        assert reached >= final
        covered = sum((span.until - max(span.since, final) for span in found.spans if span.until > final), timedelta())
        assert covered >= reached - final, "what becomes final is read by the run that says so"
        if delays.final_days and reached > final:
            assert now - bucket - reached >= delays.final_days * DAY
        if position is not None:
            assert found.position.position >= position.position
        final, position = reached, found.position
