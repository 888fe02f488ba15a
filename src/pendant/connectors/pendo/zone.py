"""The subscription's time zone, at whose midnights Pendo's days begin. No endpoint tells it.

An answer over time names the start of its window, which Pendo rounds down to midnight. Four such midnights of one
year tell zones apart: winter, summer, and the weeks in which America and Europe disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from pendant.connectors.pendo.query import ALL_APPS, Stage, aggregation
from pendant.errors import BrokenAnswer
from pendant.model.http import Channel

_DAYS = ((1, 15), (3, 20), (7, 15), (10, 28))
_DAY = timedelta(days=1)
# Of zones whose midnights are the same, the one that comes first is named.
_ZONES = [
    "UTC",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Halifax",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Bogota",
    "America/Mexico_City",
    "America/Caracas",
    "America/Santiago",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Athens",
    "Europe/Istanbul",
    "Europe/Moscow",
    "Africa/Lagos",
    "Africa/Johannesburg",
    "Africa/Cairo",
    "Asia/Jerusalem",
    "Asia/Tehran",
    "Asia/Dubai",
    "Asia/Kabul",
    "Asia/Karachi",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Dhaka",
    "Asia/Yangon",
    "Asia/Bangkok",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Perth",
    "Australia/Darwin",
    "Australia/Brisbane",
    "Australia/Adelaide",
    "Australia/Sydney",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Tongatapu",
    "Pacific/Kiritimati",
    "Atlantic/Azores",
    "Atlantic/Cape_Verde",
    "America/Noronha",
    "Pacific/Marquesas",
    "Pacific/Pago_Pago",
]


class _Started(msgspec.Struct, rename="camel"):
    start_time: int


_started = msgspec.json.Decoder(_Started)


def zone_of(channel: Channel, now: datetime) -> ZoneInfo | None:
    """Return a zone whose midnights are those of the subscription; None for one nobody has heard of. Four requests."""
    noons = [datetime(now.year - 1, month, day, 12, tzinfo=UTC) for month, day in _DAYS]
    since = [noon - _midnight_before(channel, noon) for noon in noons]
    return next((zone for zone in _zones() if since == [_since_midnight(noon, zone) for noon in noons]), None)


def _zones() -> Iterator[ZoneInfo]:
    for name in _ZONES:
        # Not every system knows every zone.
        with suppress(ZoneInfoNotFoundError):
            yield ZoneInfo(name)


def midnights(zone: tzinfo, since: int, until: int) -> Iterator[int]:
    """Yield the ms at which days of `zone` begin, between `since` and `until` and neither of them."""
    day = datetime.fromtimestamp(since // 1000, zone).date()
    while True:
        day += _DAY
        start = datetime(day.year, day.month, day.day, tzinfo=zone)
        ms = round(start.timestamp() * 1000)
        if ms >= until:
            return
        if ms > since:
            yield ms


def _midnight_before(channel: Channel, noon: datetime) -> datetime:
    series = {"period": "dayRange", "first": round(noon.timestamp() * 1000), "count": 1}
    source: Stage = {"source": {"events": {"appId": ALL_APPS}, "timeSeries": series}}
    answer = channel.call(aggregation("time zone", [source, {"limit": 1}]))
    try:
        return datetime.fromtimestamp(_started.decode(answer.body).start_time / 1000, UTC)
    except (msgspec.DecodeError, OverflowError, ValueError):
        raise BrokenAnswer("answer_unexpected", "Pendo did not say when the window of an answer begins.") from None


def _since_midnight(noon: datetime, zone: ZoneInfo) -> timedelta:
    local = noon.astimezone(zone)
    return noon - datetime(local.year, local.month, local.day, tzinfo=zone).astimezone(UTC)
