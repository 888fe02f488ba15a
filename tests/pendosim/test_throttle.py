"""Refusing by rate, on the simulator's own clock."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pendosim import SettableClock, running
from pendosim.keys import Key
from pendosim.throttle import AGGREGATION_PATH, BULK_DELETE_PATH, Throttle

from .conftest import NOW, Client

KEY, OTHER = Key("-", "key", write=True), Key("-", "read_only_key", write=False)


@pytest.fixture
def clock():
    return SettableClock(NOW)


@pytest.fixture
def throttle(clock):
    return Throttle(clock, on=True)


def admitted(throttle, path, *, key=KEY, times=1):
    found = []
    for _ in range(times):
        with throttle.admitted(key, path) as may:
            found.append(may)
    return sum(found)


def test_lists_have_a_burst_and_then_a_rate(throttle, clock):
    assert admitted(throttle, "/api/v1/page", times=30) == 20
    clock.advance(0.5)
    assert admitted(throttle, "/api/v1/page", times=30) == 5
    clock.advance(3600)
    assert admitted(throttle, "/api/v1/page", times=30) == 20


def test_each_key_has_its_own_bucket_and_nobody_none(throttle):
    assert admitted(throttle, "/api/v1/page", times=30) == 20
    assert admitted(throttle, "/api/v1/page", key=OTHER, times=30) == 20
    assert admitted(throttle, "/api/v1/page", key=None, times=30) == 30


def test_bulk_deletion_is_one_call_a_second(throttle, clock):
    assert admitted(throttle, f"{BULK_DELETE_PATH}/visitor", times=3) == 1
    clock.advance(1)
    assert admitted(throttle, f"{BULK_DELETE_PATH}/visitor", times=3) == 1


def test_a_key_has_one_aggregation_at_a_time(throttle):
    with throttle.admitted(KEY, AGGREGATION_PATH) as first:
        with throttle.admitted(KEY, AGGREGATION_PATH) as second, throttle.admitted(OTHER, AGGREGATION_PATH) as other:
            assert (first, second, other) == (True, False, True)
        assert admitted(throttle, AGGREGATION_PATH) == 0
    assert admitted(throttle, AGGREGATION_PATH) == 1


def test_track_events_are_not_throttled(throttle):
    assert admitted(throttle, "/data/track", times=50) == 50


def test_by_default_nothing_is_throttled(clock):
    assert admitted(Throttle(clock, on=False), "/api/v1/page", times=50) == 50


def test_a_throttled_request_is_answered_429_and_a_wrong_key_still_403():
    with running(visitors=5, days=1, events_per_day=5, throttle=True, now=NOW) as pendo:
        client = Client(pendo)
        answers = [client.get("/api/v1/token/verify") for _ in range(22)]
        assert [answer.status for answer in answers] == [200] * 20 + [429] * 2
        assert answers[-1].body == b"Too Many Requests"
        assert {client.get("/api/v1/page", key="wrong").status for _ in range(22)} == {403}


def test_a_second_aggregation_at_the_same_time_is_429():
    with running(visitors=5, days=1, events_per_day=5, throttle=True, now=NOW) as pendo:
        pendo.faults.add("drip", bytes_per_second=8000)
        client = Client(pendo)
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(client.aggregate, {"source": {"visitors": None}})
            while not pendo.requests:
                pass
            assert client.aggregate({"source": {"visitors": None}}).status == 429
            assert slow.result().status == 200
        assert client.aggregate({"source": {"visitors": None}}).status == 200


def test_think_time_is_waited_before_every_answer():
    with running(visitors=5, days=1, events_per_day=5, think_ms=30, now=NOW) as pendo:
        began = time.perf_counter()
        assert Client(pendo).get("/api/v1/token/verify").status == 200
        assert time.perf_counter() - began >= 0.03
    for bad in (-1, float("nan")):
        with pytest.raises(ValueError, match="think_ms"), running(think_ms=bad):
            pass
