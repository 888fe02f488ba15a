"""The operators that make other rows out of the rows they are given: one of many, many of one."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from pendosim.aggregation.aggregators import Aggregate, aggregates
from pendosim.aggregation.query import Rows
from pendosim.aggregation.shape import Step, named_expressions, path_of, put
from pendosim.errors import Refused, known_only
from pendosim.expressions.evaluate import compiled, constant, is_constant, tree_of
from pendosim.expressions.functions import Environment
from pendosim.values import Row, at_path, from_json, plain_json, to_json


def reduce(argument: object, environment: Environment) -> Step:
    fields = aggregates(argument, environment)

    def run(rows: Rows) -> Iterator[Row]:
        yield _summed({}, fields, list(rows))

    return run


def _summed(out: Row, fields: list[tuple[str, Aggregate]], rows: list[Row]) -> Row:
    for name, aggregate in fields:
        put(out, path_of(name), aggregate(rows))
    return out


def group(argument: object, environment: Environment) -> Step:
    if not isinstance(argument, dict) or not _are_names(argument.get("group")):
        raise Refused("group is an object with group (a list of fields) and perhaps fields")
    known_only(argument, "group", ("group", "fields", "forceKeys"))
    paths = [path_of(name) for name in argument["group"]]
    fields = aggregates(argument.get("fields") or [], environment)
    forced = _forced_keys(argument.get("forceKeys"), argument["group"], environment)

    def run(rows: Rows) -> Iterator[Row]:
        groups: dict[bytes, list[Row]] = {key: [] for key in forced}
        for row in rows:
            groups.setdefault(to_json([at_path(row, path) for path in paths]), []).append(row)
        for key, members in groups.items():
            out: Row = {}
            for path, value in zip(paths, from_json(key), strict=True):
                put(out, path, value)
            yield _summed(out, fields, members)

    return run


def _are_names(names: object) -> bool:
    return isinstance(names, list) and bool(names) and all(isinstance(name, str) and name for name in names)


def _forced_keys(argument: object, names: list[str], environment: Environment) -> list[bytes]:
    if argument is None:
        return []
    if not isinstance(argument, dict) or list(argument) != names or len(names) != 1:
        raise Refused("forceKeys names the one field that is grouped by")
    tree = tree_of(argument[names[0]])
    if not is_constant(tree):
        raise Refused("forceKeys are a list that no row changes")
    values = constant(tree, environment)
    return [to_json([value]) for value in (values if isinstance(values, list) else [values])]


def join(argument: object, _environment: Environment) -> Step:
    """Merge rows with equal keys; a key that has met `width` of them goes out, the others at the end."""
    if not isinstance(argument, dict) or not _are_names(argument.get("fields")):
        raise Refused("join is an object with fields (a list) and perhaps width")
    known_only(argument, "join", ("fields", "width"))
    paths = [path_of(name) for name in argument["fields"]]
    width = argument.get("width")
    if width is not None and (not isinstance(width, int) or isinstance(width, bool) or width < 1):
        raise Refused("join width is a whole number from 1")

    def run(rows: Rows) -> Iterator[Row]:
        waiting: dict[bytes, list[Row]] = {}
        for row in rows:
            key = to_json([at_path(row, path) for path in paths])
            met = waiting.setdefault(key, [])
            met.append(row)
            if len(met) == width:
                yield _joined(waiting.pop(key))
        yield from map(_joined, waiting.values())

    return run


def _joined(rows: list[Row]) -> Row:
    """Later rows overwrite."""
    out: Row = {}
    for row in rows:
        out.update(row)
    return out


def unwind(argument: object, environment: Environment) -> Step:
    if not isinstance(argument, dict) or not isinstance(argument.get("field"), str):
        raise Refused("unwind is an object with field")
    known_only(argument, "unwind", ("field", "index", "keepEmpty", "prefix"))
    if not all(isinstance(argument.get(flag), bool | None) for flag in ("keepEmpty", "prefix")):
        raise Refused("unwind keepEmpty and prefix are true or false")
    if not isinstance(argument.get("index"), str | None):
        raise Refused("unwind index is the name of a field")
    path, index = path_of(argument["field"]), argument.get("index")
    keep_empty, prefix = argument.get("keepEmpty") is True, argument.get("prefix") is True

    def run(rows: Rows) -> Iterator[Row]:
        for row in rows:
            values = at_path(row, path)
            listed = values if isinstance(values, list) else [] if values is None else [values]
            for place, value in enumerate(listed or ([None] if keep_empty else [])):
                environment.effort.made(_prefix_cost(place) if prefix else int(place > 0))
                out = dict(row)
                put(out, path, listed[: place + 1] if prefix else value)
                if index is not None:
                    out[index] = place
                yield out

    return run


def _prefix_cost(place: int) -> int:
    """Count a prefix by its length too: it holds every element up to its own."""
    return 1 + place // 10


def unmarshal(argument: object, environment: Environment) -> Step:
    fields = named_expressions(argument, "unmarshal", environment)

    def run(rows: Rows) -> Iterator[Row]:
        for row in rows:
            for path, text in fields:
                put(row, path, _parsed(text(row)))
            yield row

    return run


def _parsed(text: object) -> Any:
    """Null for what is no JSON, and for JSON nested deeper than can be read."""
    if not isinstance(text, str):
        return None
    try:
        return plain_json(from_json(text))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def switch(argument: object, environment: Environment) -> Step:
    if not isinstance(argument, dict):
        raise Refused("switch is an object of the form {out: {in: cases}}")
    steps = [_cases(out, of, environment) for out, of in argument.items()]

    def run(rows: Rows) -> Iterator[Row]:
        for row in rows:
            for step in steps:
                step(row)
            yield row

    return run


def _cases(out: str, of: object, environment: Environment) -> Callable[[Row], None]:
    if not isinstance(of, dict) or len(of) != 1:
        raise Refused("switch takes one field for each result")
    ((name, cases),) = of.items()
    if not isinstance(cases, list) or not all(
        isinstance(case, dict) and {"value", "=="} <= set(case) for case in cases
    ):
        raise Refused("switch cases are a list of objects with value and ==")
    value_of, path = compiled(name, environment), path_of(out)
    results = {to_json(case["=="]): case["value"] for case in reversed(cases)}

    def assign(row: Row) -> None:
        found = to_json(value_of(row))
        if found in results:
            put(row, path, results[found])

    return assign
