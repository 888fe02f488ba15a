"""What operators have in common: their shape, and fields with a name and an expression."""

from collections.abc import Callable, Iterable
from typing import Any

from pendosim.aggregation.query import Rows
from pendosim.errors import Refused, UnparsableFilter
from pendosim.expressions.evaluate import compiled
from pendosim.expressions.functions import Environment
from pendosim.values import Row, at_path, sort_key

Step = Callable[[Rows], Rows]

_DEPTH_MAX = 50


def named_expressions(
    argument: object, of: str, environment: Environment
) -> list[tuple[tuple[str, ...], Callable[[Row], Any]]]:
    if not isinstance(argument, dict):
        raise Refused(f"{of} is an object of the form {{name: expression}}")
    try:
        return [(path_of(name), compiled(text, environment)) for name, text in argument.items()]
    except UnparsableFilter as bad:
        raise Refused(f"Cannot parse {of} expression") from bad


def path_of(name: str) -> tuple[str, ...]:
    """`a.b.c` is a field inside others."""
    path = tuple(name.split("."))
    if len(path) > _DEPTH_MAX:
        raise Refused(f"a field lies at most {_DEPTH_MAX} deep; found {name[:40]!r}")
    return path


def put(row: Row, path: tuple[str, ...], value: Any) -> None:
    """Assign; a dotted name is a nested field."""
    for name in path[:-1]:
        inner = row.get(name)
        row[name] = row = dict(inner) if isinstance(inner, dict) else {}
    row[path[-1]] = value


def sorted_rows(rows: Iterable[Row], keys: list[str]) -> list[Row]:
    """Ties as given; `-name` descends."""
    found = list(rows)
    for key in reversed(keys):
        path = path_of(key.lstrip("+-"))
        found.sort(key=lambda row: sort_key(at_path(row, path)), reverse=key.startswith("-"))
    return found
