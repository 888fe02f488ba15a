"""The functions an expression may call."""

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pendosim.errors import Refused
from pendosim.periods import UNITS, Calendar
from pendosim.values import BOOLEAN, NUMBER, STRING, is_number, kind, plain_number, to_json

ANONYMOUS_PREFIX = "_PENDO_T_"
_PERIOD_UNITS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}
_PERIOD_UNITS |= {"quarterly": "quarter", "yearly": "year"}
_COUNT_MAX = 1_000_000


@dataclass(frozen=True)
class Environment:
    """What an expression may know besides its row; `now` stands still during one request."""

    now: int
    calendar: Calendar
    app_ids: tuple[int, ...]


@dataclass(frozen=True)
class Function:
    call: Callable[..., Any]
    least: int
    most: int
    in_time: bool = False
    """Takes the environment as its first argument."""


def is_identified(value: object) -> bool:
    return isinstance(value, str) and value != "" and not value.startswith(ANONYMOUS_PREFIX)


def stable_hash(value: object) -> int:
    """Hash to 32 unsigned bits; Pendo does not say how."""
    return zlib.crc32(to_json(value))


def text_of(value: object) -> str:
    return value if isinstance(value, str) else to_json(value).decode()


def unit_of_period(name: object) -> str:
    """`daily`, `day`, `days` and `dayRange` are all days."""
    plain = str(name).removesuffix("Range").removesuffix("s")
    unit = _PERIOD_UNITS.get(str(name), plain)
    if unit not in UNITS:
        raise Refused(f"period {str(name)[:40]!r} is unknown; wanted hourly, daily, weekly, monthly or quarterly")
    return unit


def _whole(value: object, what: str) -> int:
    if isinstance(value, int | float) and kind(value) == NUMBER and abs(value) < 2**53:
        return int(value)
    raise Refused(f"{what} wants a number")


def _date(environment: Environment, *parts: object) -> int:
    calendar = environment.calendar
    if len(parts) == 1 and isinstance(parts[0], str):
        try:
            day = date.fromisoformat(parts[0])
        except ValueError as bad:
            raise Refused("date() wants year, month, day or a string such as 2024-01-15") from bad
        return calendar.at(day)
    numbers = [_whole(part, "date()") for part in parts]
    year, month, day_of, hour, minute, second = (numbers + [1, 1, 0, 0, 0][len(numbers) - 1 :])[:6]
    try:
        day = date(year, month, day_of)
    except (ValueError, OverflowError) as bad:
        raise Refused("date() wants a day of the calendar") from bad
    return calendar.at(day, hour * 3600 + minute * 60 + second)


def _date_add(environment: Environment, time: object, count: object, unit: object) -> int | None:
    if time is None or count is None:
        return None
    steps = _whole(count, "dateAdd()")
    if abs(steps) > _COUNT_MAX:
        raise Refused("dateAdd() wants fewer units")
    return environment.calendar.shift(unit_of_period(unit), _whole(time, "dateAdd()"), steps)


def _start_of_period(environment: Environment, period: object, time: object) -> int | None:
    if time is None:
        return None
    return environment.calendar.floor(unit_of_period(period), _whole(time, "startOfPeriod()"))


def _date_distance(environment: Environment, first: object, second: object, period: object) -> int | None:
    if first is None or second is None:
        return None
    unit, calendar = unit_of_period(period), environment.calendar
    begin, end = _whole(first, "dateDist()"), _whole(second, "dateDist()")
    return calendar.ordinal(unit, end) - calendar.ordinal(unit, begin)


_GO_LAYOUT = re.compile(r"2006|January|Jan|Monday|Mon|01|02|03|15|04|05|PM|MST|-0700")
_STRFTIME = {"2006": "%Y", "January": "%B", "Jan": "%b", "Monday": "%A", "Mon": "%a", "01": "%m", "02": "%d"}
_STRFTIME |= {"03": "%I", "15": "%H", "04": "%M", "05": "%S", "PM": "%p", "MST": "%Z", "-0700": "%z"}


def _format_time(environment: Environment, layout: object, time: object) -> str | None:
    if time is None or not isinstance(layout, str):
        return None
    local: datetime = environment.calendar.local(_whole(time, "formatTime()"))
    return _GO_LAYOUT.sub(lambda match: local.strftime(_STRFTIME[match.group()]), layout)


def _is_empty(value: object) -> bool:
    return value is None or value in ("", [], {})


def _length(value: object) -> int:
    return len(value) if isinstance(value, str | list | dict) else 0


def _contains(whole: object, part: object) -> bool:
    if isinstance(whole, list):
        return part in whole
    return isinstance(whole, str) and isinstance(part, str) and part in whole


def _starts_with(whole: object, part: object) -> bool:
    return isinstance(whole, str) and isinstance(part, str) and whole.startswith(part)


def _split(text: object, by: object) -> list[str] | None:
    if not isinstance(text, str) or not isinstance(by, str):
        return None
    return text.split(by) if by else list(text)


def _rounded(rounding: Callable[[float], float]) -> Callable[[Any], Any]:
    return lambda value: plain_number(rounding(value)) if is_number(value) else None


FUNCTIONS: dict[str, Function] = {
    "now": Function(lambda environment: environment.now, 0, 0, in_time=True),
    "date": Function(_date, 1, 6, in_time=True),
    "dateAdd": Function(_date_add, 3, 3, in_time=True),
    "startOfPeriod": Function(_start_of_period, 2, 2, in_time=True),
    "dateDist": Function(_date_distance, 3, 3, in_time=True),
    "formatTime": Function(_format_time, 2, 2, in_time=True),
    "expandAppIds": Function(lambda environment, _which: list(environment.app_ids), 1, 1, in_time=True),
    "if": Function(lambda test, yes, no: yes if test is True else no, 3, 3),
    "isNull": Function(lambda value: value is None, 1, 1),
    "isNil": Function(lambda value: value is None, 1, 1),
    "isEmpty": Function(_is_empty, 1, 1),
    "isNumber": Function(is_number, 1, 1),
    "isString": Function(lambda value: kind(value) == STRING, 1, 1),
    "isBoolean": Function(lambda value: kind(value) == BOOLEAN, 1, 1),
    "isList": Function(lambda value: isinstance(value, list), 1, 1),
    "contains": Function(_contains, 2, 2),
    "startsWith": Function(_starts_with, 2, 2),
    "split": Function(_split, 2, 2),
    "toLowerCase": Function(lambda value: value.lower() if isinstance(value, str) else None, 1, 1),
    "toString": Function(lambda value: None if value is None else text_of(value), 1, 1),
    "len": Function(_length, 1, 1),
    "list": Function(lambda *values: list(values), 0, 1000),
    "hash": Function(lambda value: None if value is None else stable_hash(value), 1, 1),
    "identified": Function(is_identified, 1, 1),
    "eventSubType": Function(lambda value: value.rsplit(":", 1)[-1] if isinstance(value, str) else None, 1, 1),
    "floor": Function(_rounded(lambda value: value // 1), 1, 1),
    "abs": Function(_rounded(abs), 1, 1),
}
