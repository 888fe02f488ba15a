"""Reading ahead on another thread: the same pieces, the same errors, and an end when nobody wants more."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from pendant.ahead import ITEMS_AHEAD, read_ahead
from pendant.errors import BrokenAnswer


def test_pieces_come_in_order():
    assert list(read_ahead(lambda: iter(range(100)), name="reader")) == list(range(100))


def test_an_error_comes_after_the_pieces_before_it():
    def produce() -> Iterator[int]:
        yield 1
        raise BrokenAnswer("answer_cut_short", "It ended.")

    reader = read_ahead(produce, name="reader")
    assert next(reader) == 1
    with pytest.raises(BrokenAnswer):
        next(reader)


def test_only_a_few_pieces_are_made_before_they_are_wanted():
    made = []

    def produce() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    reader = read_ahead(produce, name="reader")
    next(reader)
    assert len(made) <= ITEMS_AHEAD + 3
    reader.close()


def test_a_check_ends_the_wait_for_a_silent_thread():
    silent = threading.Event()

    class EnoughError(Exception):
        pass

    def produce() -> Iterator[int]:
        silent.wait(10)
        yield 1

    def check() -> None:
        raise EnoughError

    with pytest.raises(EnoughError):
        next(read_ahead(produce, name="reader", check=check))
    silent.set()


def test_the_other_thread_ends_when_the_reader_stops():
    ended = threading.Event()

    def produce() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            ended.set()

    reader = read_ahead(produce, name="reader")
    next(reader)
    reader.close()
    assert ended.wait(5)
