"""timeSeries: from what a request says to buckets of time."""

from dataclasses import dataclass
from typing import Any

from pendosim.clock import LATEST_NOW_MS
from pendosim.errors import Refused, known_only
from pendosim.expressions.evaluate import constant, is_constant, tree_of
from pendosim.expressions.functions import Environment

_RANGES = {f"{unit}Range": unit for unit in ("hour", "day", "week", "month", "quarter")}
_ITERATIVE = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter"}
_COUNT_MAX = 500_000
_LAST_MAX = 253_402_300_799_999  # the end of the year 9999
ITERATIONS_MAX = 2000


@dataclass(frozen=True)
class Window:
    """From the start of the first bucket to the end of the last."""

    unit: str
    start: int
    end: int
    iterative: bool
    """One answer for each bucket, not one over all."""

    def each_bucket(self, environment: Environment) -> list["Window"]:
        if self.end <= self.start:
            return []
        starts = environment.calendar.starts(self.unit, self.start, self.end - 1).tolist()
        ends = [*starts[1:], self.end]
        return [Window(self.unit, start, end, iterative=False) for start, end in zip(starts, ends, strict=True)]


def window_of(series: object, environment: Environment) -> Window:
    if not isinstance(series, dict):
        raise Refused("timeSeries is an object with period, first and count or last")
    known_only(series, "timeSeries", ("period", "first", "count", "last"))
    period = series.get("period")
    unit = _RANGES.get(str(period)) or _ITERATIVE.get(str(period))
    if unit is None:
        raise Refused(f"timeSeries period {str(period)[:40]!r} is unknown")
    if "first" not in series:
        raise Refused("timeSeries needs first")
    if ("count" in series) == ("last" in series):
        raise Refused("timeSeries needs exactly one of count and last")
    start, end = _bounds(series, unit, environment)
    iterative = period in _ITERATIVE
    periods = environment.calendar.ordinal(unit, end) - environment.calendar.ordinal(unit, start)
    if iterative and periods > ITERATIONS_MAX:
        raise Refused(f"timeSeries has {periods} periods; wanted at most {ITERATIONS_MAX}")
    return Window(unit, start, end, iterative=iterative)


def _bounds(series: dict[str, Any], unit: str, environment: Environment) -> tuple[int, int]:
    calendar = environment.calendar
    first = calendar.floor(unit, _instant(series["first"], "first", environment))
    if "last" in series:
        last = _instant(series["last"], "last", environment)
        # Data stops at now; a far future is how some say "everything".
        last = calendar.floor(unit, LATEST_NOW_MS if LATEST_NOW_MS < last <= _LAST_MAX else last)
        return first, calendar.add(unit, last, 1)
    count = series["count"]
    if not isinstance(count, int) or isinstance(count, bool) or not 0 < abs(count) <= _COUNT_MAX:
        raise Refused("timeSeries count is a whole number other than 0")
    other = calendar.add(unit, first, count)
    return (first, other) if count > 0 else (other, first)


def _instant(given: object, name: str, environment: Environment) -> int:
    """Milliseconds as a number, a numeric string or an expression."""
    try:
        tree = tree_of(given)
    except Refused as bad:
        raise Refused(f"timeSeries {name} cannot be read") from bad
    value = constant(tree, environment) if is_constant(tree) else None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Refused(f"timeSeries {name} is a time in milliseconds or an expression for one")
    return int(value)
