"""Buckets of time in the subscription's zone: hours, days, weeks from Sunday, months, quarters, years."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from pendosim.errors import Refused

HOUR_MS = 3_600_000
QUARTER_HOUR_MS = 900_000
# Times further out than this are refused rather than computed with.
LATEST_MS = 4_102_444_800_000  # 2100-01-01
EARLIEST_MS = 0
# The quarter or year that holds the first of them begins a little earlier.
_FIRST_START_MS = -366 * 24 * HOUR_MS

UNITS = ("hour", "day", "week", "month", "quarter", "year")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


class Calendar:
    """Rounds and adds in one time zone. All times are integer milliseconds since the epoch."""

    def __init__(self, zone: str) -> None:
        try:
            self.zone = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
            raise ValueError(f"time zone {zone!r} is unknown; use an IANA name such as Europe/Berlin") from unknown

    def local(self, time: int) -> datetime:
        if not _FIRST_START_MS <= time <= LATEST_MS:
            raise Refused(f"time {time} is out of range; wanted milliseconds between 1970 and 2100")
        return datetime.fromtimestamp(time // 1000, self.zone)

    def at(self, day: date, seconds: int = 0) -> int:
        """Find the instant of local midnight (in a gap: of the gap), plus wall-clock seconds."""
        try:
            wall = datetime(day.year, day.month, day.day, tzinfo=self.zone) + timedelta(seconds=seconds)
            return round(wall.astimezone(UTC).timestamp()) * 1000
        except (OverflowError, ValueError) as beyond:
            raise Refused("time is out of range; wanted a date between 1970 and 2100") from beyond

    def floor(self, unit: str, time: int) -> int:
        """Round down to the start of the hour, day, ... that holds `time`."""
        local = self.local(time)
        if unit == "hour":
            return self._hour(time, local)
        return self.at(_first_day(unit, local.date()))

    def add(self, unit: str, start: int, count: int) -> int:
        """Find the start of the bucket `count` buckets after the one that begins at `start`."""
        if unit == "hour":
            return self.floor(unit, start + count * HOUR_MS)
        day = self.local(start).date()
        return self.at(_moved(unit, day, count))

    def shift(self, unit: str, time: int, count: int) -> int:
        """`time` moved by whole units; days and longer keep the time of day on the wall."""
        if unit == "hour":
            return time + count * HOUR_MS
        local = self.local(time)
        since_midnight = (local.hour * 60 + local.minute) * 60 + local.second
        return self.at(_moved(unit, local.date(), count), since_midnight) + time % 1000

    def ordinal(self, unit: str, time: int) -> int:
        """Count buckets: the difference of two is the number of bucket starts between them."""
        if unit == "hour":
            return time // HOUR_MS
        day = self.local(time).date()
        if unit in ("day", "week"):
            return day.toordinal() // (7 if unit == "week" else 1)
        return (day.year * 12 + day.month - 1) // _MONTHS[unit]

    def starts(self, unit: str, first: int, last: int) -> NDArray[np.int64]:
        """Every bucket start from the bucket of `first` to the bucket of `last`, both included."""
        if unit == "hour":
            steps = range(self.floor(unit, first), last + 1, HOUR_MS // 2)
            found = sorted({self.floor(unit, step) for step in (*steps, last)})
        else:
            found = [self.floor(unit, first)]
            while (following := self.add(unit, found[-1], 1)) <= last:
                found.append(following)
        return np.array(found, dtype=np.int64)

    def floors(self, unit: str, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """`floor` for many times at once."""
        if not len(times):
            return times
        starts = self.starts(unit, int(times.min()), int(times.max()))
        return starts[np.searchsorted(starts, times, side="right") - 1]

    def _hour(self, time: int, local: datetime) -> int:
        offset = _offset(local)
        start = (time + offset) // HOUR_MS * HOUR_MS - offset
        # Where clocks move by half an hour a bucket begins at the change, not before it.
        while start < time and _offset(self.local(start)) != offset:
            start += QUARTER_HOUR_MS
        return start


def _offset(local: datetime) -> int:
    ahead = local.utcoffset()
    return round(ahead.total_seconds() * 1000) if ahead is not None else 0


def _first_day(unit: str, day: date) -> date:
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.isoweekday() % 7)
    return day.replace(month=(day.month - 1) // _MONTHS[unit] * _MONTHS[unit] + 1, day=1)


def _moved(unit: str, day: date, count: int) -> date:
    try:
        if unit in ("day", "week"):
            return day + timedelta(days=count * (7 if unit == "week" else 1))
        months = day.year * 12 + day.month - 1 + count * _MONTHS[unit]
        year, month = divmod(months, 12)
        return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    except (OverflowError, ValueError) as beyond:
        raise Refused("time is out of range; wanted a date between 1970 and 2100") from beyond
