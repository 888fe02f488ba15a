"""What operators have in common: their shape, and fields with a name and an expression."""

from collections.abc import Callable
from typing import Any

from pendosim.aggregation.sources import Rows
from pendosim.errors import Refused, UnparsableFilter
from pendosim.expressions.evaluate import compiled
from pendosim.expressions.functions import Environment
from pendosim.values import Row

Step = Callable[[Rows], Rows]


def named_expressions(
    argument: object, of: str, environment: Environment
) -> list[tuple[tuple[str, ...], Callable[[Row], Any]]]:
    if not isinstance(argument, dict):
        raise Refused(f"{of} is an object of the form {{name: expression}}")
    try:
        return [(tuple(name.split(".")), compiled(text, environment)) for name, text in argument.items()]
    except UnparsableFilter as bad:
        raise Refused(f"Cannot parse {of} expression") from bad


def put(row: Row, path: tuple[str, ...], value: Any) -> None:
    """Assign; a dotted name is a nested field."""
    for name in path[:-1]:
        inner = row.get(name)
        row[name] = row = dict(inner) if isinstance(inner, dict) else {}
    row[path[-1]] = value
