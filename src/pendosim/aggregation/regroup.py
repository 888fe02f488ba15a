"""The operators that make other rows out of the rows they are given: one of many, many of one."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from pendosim.aggregation.aggregators import Aggregate, aggregates
from pendosim.aggregation.shape import Step, named_expressions, put
from pendosim.aggregation.sources import Rows
from pendosim.errors import Refused
from pendosim.expressions.evaluate import compiled, constant, tree_of
from pendosim.expressions.functions import Environment
from pendosim.values import Row, at_path, from_json, to_json


def reduce(argument: object, environment: Environment) -> Step:
    fields = aggregates(argument, environment)

    def run(rows: Rows) -> Iterator[Row]:
        yield _summed({}, fields, list(rows))

    return run


def _summed(out: Row, fields: list[tuple[str, Aggregate]], rows: list[Row]) -> Row:
    for name, aggregate in fields:
        put(out, tuple(name.split(".")), aggregate(rows))
    return out


def group(argument: object, environment: Environment) -> Step:
    if not isinstance(argument, dict) or not _are_names(argument.get("group")):
        raise Refused("group is an object with group (a list of fields) and perhaps fields")
    paths = [tuple(name.split(".")) for name in argument["group"]]
    fields = aggregates(argument.get("fields") or [], environment)
    forced = _forced_keys(argument.get("forceKeys"), paths, environment)

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


def _forced_keys(argument: object, paths: list[tuple[str, ...]], environment: Environment) -> list[bytes]:
    if argument is None:
        return []
    if not isinstance(argument, dict) or len(argument) != len(paths) or len(paths) != 1:
        raise Refused("forceKeys names the one field that is grouped by")
    values = constant(tree_of(next(iter(argument.values()))), environment)
    return [to_json([value]) for value in (values if isinstance(values, list) else [values])]


def join(argument: object, _environment: Environment) -> Step:
    if not isinstance(argument, dict) or not _are_names(argument.get("fields")):
        raise Refused("join is an object with fields (a list) and perhaps width")
    paths = [tuple(name.split(".")) for name in argument["fields"]]

    def run(rows: Rows) -> Iterator[Row]:
        joined: dict[bytes, Row] = {}
        for row in rows:
            joined.setdefault(to_json([at_path(row, path) for path in paths]), {}).update(row)
        yield from joined.values()

    return run


def unwind(argument: object, _environment: Environment) -> Step:
    if not isinstance(argument, dict) or not isinstance(argument.get("field"), str):
        raise Refused("unwind is an object with field")
    path, index = tuple(argument["field"].split(".")), argument.get("index")
    keep_empty = argument.get("keepEmpty") is True

    def run(rows: Rows) -> Iterator[Row]:
        for row in rows:
            values = at_path(row, path)
            listed = values if isinstance(values, list) else [] if values is None else [values]
            for place, value in enumerate(listed or ([None] if keep_empty else [])):
                out = dict(row)
                put(out, path, value)
                if isinstance(index, str):
                    out[index] = place
                yield out

    return run


def unmarshal(argument: object, environment: Environment) -> Step:
    fields = named_expressions(argument, "unmarshal", environment)

    def run(rows: Rows) -> Iterator[Row]:
        for row in rows:
            for path, text in fields:
                put(row, path, _parsed(text(row)))
            yield row

    return run


def _parsed(text: object) -> Any:
    if not isinstance(text, str):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
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
    value_of, path = compiled(name, environment), tuple(out.split("."))
    results = {to_json(case["=="]): case["value"] for case in reversed(cases)}

    def assign(row: Row) -> None:
        found = to_json(value_of(row))
        if found in results:
            put(row, path, results[found])

    return assign
