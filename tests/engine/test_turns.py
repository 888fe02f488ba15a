"""Many wait for an answer at once, and few read one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pendant.engine.halt import Halt, Halted
from pendant.engine.turns import TakingTurns
from pendant.model.http import Request

ASKED = Request("GET", "/rows")
THINKS_SECONDS = 0.2


class Fake:
    """A way out whose answers take a while to begin, and which knows how many wait and how many are read at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = self.asked_most = 0

    def channel(self, _connection, *, token=None, meter=None):
        return self

    @contextmanager
    def stream(self, _request: Request) -> Iterator[None]:
        with self._lock:
            self._asked += 1
            self.asked_most = max(self.asked_most, self._asked)
        time.sleep(THINKS_SECONDS)
        with self._lock:
            self._asked -= 1
        yield


def test_answers_are_waited_for_at_once_and_read_a_few_at_a_time() -> None:
    fake, halt, lock = Fake(), Halt(), threading.Lock()
    channel = TakingTurns(fake, 2, halt.check).channel(None)
    reading: list[int] = [0, 0]

    def read() -> None:
        with channel.stream(ASKED):
            with lock:
                reading[0] += 1
                reading[1] = max(reading)
            time.sleep(0.02)
            with lock:
                reading[0] -= 1

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (fake.asked_most, reading) == (8, [0, 2])


def test_an_answer_inside_of_an_answer_needs_no_second_turn() -> None:
    channel = TakingTurns(Fake(), 1, Halt().check).channel(None)
    with channel.stream(ASKED), channel.stream(ASKED):
        pass
    with channel.stream(ASKED):
        pass


def test_whoever_waits_for_a_turn_hears_that_the_run_stops() -> None:
    halt = Halt()
    channel = TakingTurns(Fake(), 1, halt.check).channel(None)
    raised: list[type[BaseException]] = []

    def wait() -> None:
        with pytest.raises(Halted) as stopped, channel.stream(ASKED):
            pass
        raised.append(stopped.type)

    with channel.stream(ASKED):
        waiting = threading.Thread(target=wait)
        waiting.start()
        halt.set()
        waiting.join(5)
    assert raised == [Halted]
