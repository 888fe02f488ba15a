"""The functions an expression may call."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pendosim.effort import Effort
from pendosim.errors import Refused
from pendosim.expressions.layout import written
from pendosim.periods import UNITS, Calendar
from pendosim.values import BOOLEAN, NUMBER, STRING, equal, is_number, kind, to_json

ANONYMOUS_PREFIX = "_PENDO_T_"
_PERIOD_UNITS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}
_PERIOD_UNITS |= {"quarterly": "quarter", "yearly": "year"}
_COUNT_MAX = 1_000_000
_TEXT_MAX = 1_000_000
_LIST_MAX = 100_000
_CHARACTERS_PER_ELEMENT = 100


@dataclass(frozen=True)
class Environment:
    """What an expression may know besides its row; `now` stands still during one request."""

    now: int
    calendar: Calendar
    app_ids: tuple[int, ...]
    effort: Effort = field(default_factory=Effort, compare=False)


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
    """Whole periods from the first to the second; negative where the second lies before it."""
    if first is None or second is None:
        return None
    unit, calendar = unit_of_period(period), environment.calendar
    begin, end = _whole(first, "dateDist()"), _whole(second, "dateDist()")
    early, late = min(begin, end), max(begin, end)
    whole = calendar.ordinal(unit, late) - calendar.ordinal(unit, early)
    if calendar.shift(unit, early, whole) > late:
        whole -= 1
    return whole if begin <= end else -whole


def _format_time(environment: Environment, layout: object, time: object) -> str | None:
    if time is None or not isinstance(layout, str):
        return None
    moment = _whole(time, "formatTime()")
    local = environment.calendar.local(moment).replace(microsecond=moment % 1000 * 1000)
    return written(local, layout)


def _is_empty(value: object) -> bool:
    return value is None or value in ("", [], {})


def _length(value: object) -> int:
    return len(value) if isinstance(value, str | list | dict) else 0


def _contains(whole: object, part: object) -> bool:
    if isinstance(whole, list):
        return any(equal(one, part) for one in whole)
    return isinstance(whole, str) and isinstance(part, str) and part in whole


def _starts_with(whole: object, part: object) -> bool:
    return isinstance(whole, str) and isinstance(part, str) and whole.startswith(part)


def _split(text: object, by: object) -> list[str] | None:
    if not isinstance(text, str) or not isinstance(by, str):
        return None
    return text.split(by) if by else list(text)


def _text(value: object) -> str | None:
    return None if value is None else _bounded(text_of(value))


def joined_text(left: str, right: str) -> str:
    return _bounded(left + right)


def _bounded(text: str) -> str:
    """Refuse what is too long: a text that doubles a few hundred times would fill any memory."""
    if len(text) > _TEXT_MAX:
        raise Refused(f"an expression makes a text of more than {_TEXT_MAX} characters")
    return text


def _list(*values: object) -> list[object]:
    if sum(map(_weight, values)) > _LIST_MAX:
        raise Refused(f"list() makes a list of more than {_LIST_MAX} elements, inner ones counted")
    return list(values)


def _weight(value: object) -> int:
    """How many values are inside; given up where they are too many in any case."""
    waiting, found = [value], 0
    while waiting and found <= _LIST_MAX:
        one = waiting.pop()
        found += 1
        if isinstance(one, list | dict):
            waiting += one.values() if isinstance(one, dict) else one
        elif isinstance(one, str):
            found += len(one) // _CHARACTERS_PER_ELEMENT
    return found


def _app_ids(environment: Environment, which: object) -> list[int]:
    if which != "*":
        raise Refused('expandAppIds() wants "*"')
    return list(environment.app_ids)


FUNCTIONS: dict[str, Function] = {
    "now": Function(lambda environment: environment.now, 0, 0, in_time=True),
    "date": Function(_date, 1, 6, in_time=True),
    "dateAdd": Function(_date_add, 3, 3, in_time=True),
    "startOfPeriod": Function(_start_of_period, 2, 2, in_time=True),
    "dateDist": Function(_date_distance, 3, 3, in_time=True),
    "formatTime": Function(_format_time, 2, 2, in_time=True),
    "expandAppIds": Function(_app_ids, 1, 1, in_time=True),
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
    "toString": Function(_text, 1, 1),
    "len": Function(_length, 1, 1),
    "list": Function(_list, 0, 1000),
    "hash": Function(lambda value: None if value is None else stable_hash(value), 1, 1),
    "identified": Function(is_identified, 1, 1),
    "eventSubType": Function(lambda value: value.rsplit(":", 1)[-1] if isinstance(value, str) else None, 1, 1),
}
