"""How long the next try must wait."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as some

from pendant.access.limits import CONNECTION_TEST_BY_USER, LOGIN_BY_ACCOUNT, LOGIN_BY_NETWORK, Pace, network_of
from pendant.model.clock import SettableClock

NOON = datetime(2025, 11, 20, 12, tzinfo=UTC)


def test_five_tries_a_minute_are_free_and_the_sixth_waits() -> None:
    assert LOGIN_BY_ACCOUNT.wait_seconds([NOON] * 4, NOON) == 0
    assert LOGIN_BY_ACCOUNT.wait_seconds([NOON] * 5, NOON) == 60
    assert LOGIN_BY_ACCOUNT.wait_seconds([NOON] * 5, NOON + timedelta(seconds=60)) == 0


def test_the_delay_grows_and_stops_growing() -> None:
    waits = [LOGIN_BY_ACCOUNT.wait_seconds([NOON] * count, NOON) for count in (5, 10, 15, 20, 200)]
    assert waits == [60, 120, 240, 300, 300]


@settings(max_examples=50)
@given(some.lists(some.integers(0, 7200), max_size=80))
def test_e04_whatever_was_tried_before_nobody_waits_longer_than_five_minutes(ages: list[int]) -> None:
    earlier = [NOON - timedelta(seconds=age) for age in ages]
    for limit in (LOGIN_BY_ACCOUNT, LOGIN_BY_NETWORK, CONNECTION_TEST_BY_USER):
        assert 0 <= limit.wait_seconds(earlier, NOON) <= 300


def test_a_wait_ends_when_it_said_it_would() -> None:
    earlier = [NOON - timedelta(seconds=3 * step) for step in range(12)]
    wait = LOGIN_BY_ACCOUNT.wait_seconds(earlier, NOON)
    assert wait > 0
    assert LOGIN_BY_ACCOUNT.wait_seconds(earlier, NOON + timedelta(seconds=wait)) == 0


def test_a_pace_refuses_beyond_its_number_and_forgets() -> None:
    clock = SettableClock(NOON)
    pace = Pace(3, clock.monotonic)
    assert [pace.wait_seconds("one") for _ in range(4)] == [0, 0, 0, 60]
    assert pace.wait_seconds("two") == 0
    clock.advance(60)
    assert pace.wait_seconds("one") == 0


def test_addresses_of_one_party_are_one_network() -> None:
    assert network_of("192.0.2.7") == network_of("192.0.2.200") == network_of("::ffff:192.0.2.1")
    assert network_of("2001:db8:1:2::5") == network_of("2001:db8:1:2:ffff::")
    assert network_of("192.0.2.7") != network_of("198.51.100.7")
    assert network_of("not an address") == "not an address"
