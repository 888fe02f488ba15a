"""Visitors and accounts in ranges of their ids: disjoint, complete, several at once."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from pendant.connectors.pendo.ranges import WHOLE, Ids, Range
from pendo_reading import Counts

ODD = {"visitors": 60, "accounts": 12, "days": 1, "events_per_day": 0}
KEYS = {"visitors": "visitorId", "accounts": "accountId"}


def ids_of(source, part):
    return [name for batch in source.read(part, Counts()) for name in batch[0].to_pylist()]


@pytest.mark.parametrize("resource", KEYS)
@pytest.mark.parametrize("slice_ids", [1, 7, 13, 1000])
def test_ranges_hold_every_id_once_with_odd_ones_among_them(reading, resource, slice_ids):
    one = reading(**ODD)
    source = one.source(resource, slice_ids=slice_ids, page=5)
    parts = source.plan()
    found = [ids_of(source, part) for part in parts]
    expected = one.pendo.expected(resource)
    assert tuple(sorted(name for part in found for name in part)) == expected.ids
    assert [len(part) for part in found] == [source.count(part) for part in parts]
    assert len(parts) == min(64, -(-expected.rows // slice_ids))
    assert max(map(len, found)) - min(map(len, found)) <= 1
    assert len({part.key for part in parts}) == len(parts)


def test_ranges_in_their_order_are_the_order_of_the_whole(reading):
    one = reading(**ODD)
    whole = one.source("visitors")
    (everything,) = whole.plan()
    parts = one.source("visitors", slice_ids=11)
    assert [name for part in parts.plan() for name in ids_of(parts, part)] == ids_of(whole, everything)


def test_ranges_can_be_read_at_the_same_time(reading):
    one = reading(**ODD)
    source = one.source("visitors", slice_ids=10, page=3)
    found = {}
    readers = [
        threading.Thread(target=lambda part=part: found.update({part.key: ids_of(source, part)}))
        for part in source.plan()
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(20)
    assert tuple(sorted(name for part in found.values() for name in part)) == one.pendo.expected("visitors").ids


def test_a_range_is_split_in_halves_until_one_id_is_left(reading):
    one = reading(**ODD)
    source = one.source("visitors")
    waiting, leaves = [*source.plan()], []
    while waiting:
        part = waiting.pop()
        found = source.split(part)
        waiting += found or []
        leaves += [] if found else [part]
    assert len(leaves) == 60
    assert tuple(sorted(name for part in leaves for name in ids_of(source, part))) == one.pendo.expected("visitors").ids


def test_edges_that_are_gone_when_they_are_asked_for_leave_no_hole():
    class Shrinking(Ids):
        def count(self, within):
            return 10

        def _at(self, within, number):
            return {2: "b", 4: "b", 6: None}.get(number, "x")

    ranges = Shrinking(None, "visitors", "visitorId").ranges(2)
    assert (ranges[0].after, ranges[-1].up_to) == (None, None)
    assert all(before.up_to == after.after for before, after in pairwise(ranges))


def test_the_end_of_a_range_is_the_opposite_of_the_beginning_of_the_next():
    assert Range(None, 'a"\\b').conditions("visitorId") == ['!(visitorId > "a\\"\\\\b")']
    assert Range('a"\\b', None).conditions("visitorId") == ['visitorId > "a\\"\\\\b"']
    assert WHOLE.conditions("visitorId") == []


def test_no_visitors_are_one_empty_slice(reading):
    one = reading(**{**ODD, "visitors": 0})
    source = one.source("visitors", slice_ids=1)
    (part,) = source.plan()
    assert ids_of(source, part) == []
