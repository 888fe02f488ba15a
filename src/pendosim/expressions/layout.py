"""Times written after a layout of Go: a text that shows how 2 January 2006, 15:04:05 would be written."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta


def _offset(local: datetime) -> str:
    plain = local.strftime("%z")
    return f"{plain[:3]}:{plain[3:5]}"


_STRFTIME = {"2006": "%Y", "January": "%B", "Jan": "%b", "Monday": "%A", "Mon": "%a", "01": "%m", "02": "%d"}
_STRFTIME |= {"03": "%I", "15": "%H", "04": "%M", "05": "%S", "06": "%y", "PM": "%p", "MST": "%Z", "-0700": "%z"}
_STRFTIME |= {"002": "%j"}
# Without a leading zero.
_SHORT = {"1": "%m", "2": "%d", "3": "%I", "4": "%M", "5": "%S"}
_OTHERS: dict[str, Callable[[datetime], str]] = {
    "pm": lambda local: local.strftime("%p").lower(),
    "_2": lambda local: f"{local.day:2}",
    "-07:00": _offset,
    "Z07:00": lambda local: "Z" if local.utcoffset() == timedelta() else _offset(local),
    "-07": lambda local: _offset(local)[:3],
    ".000": lambda local: f".{local.microsecond // 1000:03}",
}
# Longer ones first: 2006 is a year, not a day before 006.
_LAYOUT = re.compile("|".join(map(re.escape, sorted([*_STRFTIME, *_SHORT, *_OTHERS], key=len, reverse=True))))


def written(local: datetime, layout: str) -> str:
    return _LAYOUT.sub(lambda match: _part(local, match.group()), layout)


def _part(local: datetime, part: str) -> str:
    if part in _OTHERS:
        return _OTHERS[part](local)
    if part in _SHORT:
        return local.strftime(_SHORT[part]).removeprefix("0")
    return local.strftime(_STRFTIME[part])
