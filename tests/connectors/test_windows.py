"""Windows of event time: disjoint, complete, the same at the next run."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pendant.connectors.pendo.ranges import Range
from pendant.connectors.pendo.windows import DAY_MS, Window, days_for, halves, planned

instants = st.integers(1_500_000_000_000, 1_800_000_000_000)
spans = st.tuples(instants, st.integers(1, 40 * DAY_MS)).map(lambda one: (one[0], one[0] + one[1]))


@given(spans, st.integers(1, 30))
def test_windows_follow_one_another_without_gap_or_overlap(span, days):
    windows = planned(*span, days=days)
    assert (windows[0].since, windows[-1].until) == span
    assert all(before.until == after.since for before, after in pairwise(windows))
    assert all(0 < window.until - window.since <= days * DAY_MS for window in windows)


@given(spans, st.integers(1, 30), st.integers(1, DAY_MS))
def test_a_later_run_finds_the_same_windows_but_the_last(span, days, later):
    first = [window.as_slice().key for window in planned(*span, days=days)]
    second = [window.as_slice().key for window in planned(span[0], span[1] + later, days=days)]
    assert second[: len(first) - 1] == first[:-1]


@given(spans, st.booleans())
def test_halves_take_the_place_of_the_whole_down_to_one_bucket(span, bucketed):
    waiting, leaves = [Window(*span)], []
    while waiting:
        window = waiting.pop()
        found = halves(window, bucketed=bucketed) if len(leaves) < 50 else None
        if found is None:
            leaves.append(window)
            continue
        assert (found[0].since, found[0].until, found[1].until) == (window.since, found[1].since, window.until)
        waiting += found
        if not bucketed:
            break
    assert not bucketed or all(leaf.until - leaf.since <= 2 * DAY_MS for leaf in leaves)


@given(spans, st.none() | st.text(), st.none() | st.text())
def test_a_window_comes_back_from_its_slice(span, after, up_to):
    window = Window(*span, Range(after, up_to))
    part = window.as_slice()
    assert Window.of(part) == window
    assert re.fullmatch(r"[0-9A-Za-z_-]+", part.key)


def test_slices_hold_about_two_hundred_thousand_rows_and_one_to_thirty_days():
    month = 30 * DAY_MS
    assert days_for(0, 0, month, days_max=30) == 30
    assert days_for(30 * 50_000, 0, month, days_max=30) == 4
    assert days_for(30 * 5_000_000, 0, month, days_max=30) == 1
