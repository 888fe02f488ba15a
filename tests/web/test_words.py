from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pendant.web.events import event
from pendant.web.pages import local_path
from pendant.web.words import counted, duration, moment, size

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=5), "Just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=12), "12 days ago"),
        (timedelta(days=63), "31 Dec 2025"),
    ],
)
def test_a_moment_is_told_by_its_distance(ago: timedelta, text: str) -> None:
    told = moment(NOW - ago, NOW)
    assert told
    assert told.ago == text


def test_never_is_no_moment() -> None:
    assert moment(None, NOW) is None


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (171_000_000, "171 MB"), (4 * 10**12, "4.0 TB")]
)
def test_sizes_have_three_digits(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.42, "0.4 s"), (42, "42 s"), (61, "1 min 1 s"), (7260, "2 h 1 min")]
)  # fmt: skip
def test_durations_are_told_in_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_one_is_not_many() -> None:
    assert (counted(1, "run"), counted(1200, "run")) == ("1 run", "1,200 runs")


@pytest.mark.parametrize(
    "foreign", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:1", "", "runs", "/\nx", "/ü"]
)
def test_e21_only_a_path_of_this_server_is_followed(foreign: str) -> None:
    assert local_path(foreign, "/connections") == "/connections"


def test_a_path_of_this_server_is_followed() -> None:
    assert local_path("/runs?state=failed", "/connections") == "/runs?state=failed"


def test_an_event_carries_every_line() -> None:
    assert event("<p>\n  a\n</p>") == "data: <p>\ndata:   a\ndata: </p>\n\n"
