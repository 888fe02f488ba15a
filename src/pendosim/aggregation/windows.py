"""timeSeries: from what a request says to buckets of time."""

from dataclasses import dataclass
from typing import Any

from pendosim.errors import Refused
from pendosim.expressions.evaluate import constant, is_constant, tree_of
from pendosim.expressions.functions import Environment

_RANGES = {f"{unit}Range": unit for unit in ("hour", "day", "week", "month", "quarter")}
_ITERATIVE = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter"}
_COUNT_MAX = 500_000
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
        if len(starts) > ITERATIONS_MAX:
            raise Refused(f"timeSeries has {len(starts)} periods; wanted at most {ITERATIONS_MAX}")
        ends = [*starts[1:], self.end]
        return [Window(self.unit, start, end, iterative=False) for start, end in zip(starts, ends, strict=True)]


def window_of(series: object, environment: Environment) -> Window:
    if not isinstance(series, dict):
        raise Refused("timeSeries is an object with period, first and count or last")
    period = series.get("period")
    unit = _RANGES.get(str(period)) or _ITERATIVE.get(str(period))
    if unit is None:
        raise Refused(f"timeSeries period {str(period)[:40]!r} is unknown")
    if "first" not in series:
        raise Refused("timeSeries needs first")
    if ("count" in series) == ("last" in series):
        raise Refused("timeSeries needs exactly one of count and last")
    start, end = _bounds(series, unit, environment)
    return Window(unit, start, end, iterative=period in _ITERATIVE)


def _bounds(series: dict[str, Any], unit: str, environment: Environment) -> tuple[int, int]:
    calendar = environment.calendar
    first = calendar.floor(unit, _instant(series["first"], "first", environment))
    if "last" in series:
        last = calendar.floor(unit, _instant(series["last"], "last", environment))
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
