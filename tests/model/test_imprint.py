from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from pendant.model.imprint import BUCKETS, Imprint, Mark

MARKS = st.lists(st.tuples(st.integers(0, BUCKETS - 1), st.integers(1, 2**64 - 1)), max_size=40)


def imprint(marks: list[Mark]) -> Imprint:
    made = Imprint()
    made.add(len(marks), marks)
    return made


@settings(max_examples=60)
@given(MARKS, st.randoms())
def test_the_order_and_the_pieces_in_which_rows_come_do_not_matter(marks: list[Mark], chance: random.Random) -> None:
    shuffled = chance.sample(marks, len(marks))
    middle = len(marks) // 2
    pieces = imprint(shuffled[:middle])
    pieces.merge(imprint(shuffled[middle:]))
    assert pieces.differs_by(imprint(marks)) == 0
    assert Imprint.from_bytes(len(marks), imprint(marks).as_bytes()) == imprint(marks)


def test_new_gone_and_changed_rows_are_counted() -> None:
    before = imprint([(1, 11), (2, 22), (3, 33)])
    assert before.differs_by(imprint([(1, 11), (2, 99), (4, 44)])) == 3


def test_many_changes_are_counted_nearly() -> None:
    chance = random.Random(7)
    rows = [(chance.randrange(BUCKETS), chance.getrandbits(64)) for _ in range(1000)]
    assert abs(imprint(rows).differs_by(Imprint()) - 1000) < 100


def test_never_more_rows_differ_than_there_are() -> None:
    everything = imprint([(bucket, bucket + 1) for bucket in range(BUCKETS)])
    assert everything.differs_by(Imprint()) == BUCKETS
