"""The operators that need nothing but the rows they are given."""

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from pendosim.aggregation.aggregators import Aggregate, aggregates
from pendosim.aggregation.selection import Selection, identified_mask, mask_of
from pendosim.aggregation.sources import Rows
from pendosim.errors import Refused, UnparsableFilter
from pendosim.expressions.evaluate import compiled, constant, evaluator, tree_of
from pendosim.expressions.functions import Environment, is_identified
from pendosim.expressions.grammar import Compare, Field, Literal, Node
from pendosim.values import Row, at_path, from_json, sort_key, to_json

Step = Callable[[Rows], Rows]

STAGES_NOT_BUILT = frozenset(("segment", "useragent", "itemSeen", "pages", "features", "matchRules", "retention")) | {
    "sessionReplays",
    "expandList",
}
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_ROWS_MAX = 2**53


def _filter(argument: object, environment: Environment) -> Step:
    node = _condition(argument)
    test = evaluator(node, environment)

    def run(rows: Rows) -> Rows:
        if isinstance(rows, Selection):
            mask = mask_of(node, rows.table, environment)
            if mask is not None:
                return rows.where(mask)
        return (row for row in rows if test(row) is True)

    return run


def _condition(argument: object) -> Node:
    if isinstance(argument, str):
        return tree_of(argument)
    if not isinstance(argument, dict) or not isinstance(argument.get("field"), str):
        raise UnparsableFilter
    field, sign = tree_of(argument["field"]), str(argument.get("operator", "=="))
    if not isinstance(field, Field) or sign not in _COMPARISONS:
        raise UnparsableFilter
    value = argument.get("value")
    if isinstance(value, list | dict):
        raise UnparsableFilter
    return Compare(sign, field, Literal(value))


def _identified(argument: object, _environment: Environment) -> Step:
    if not isinstance(argument, str) or not argument.strip("!"):
        raise Refused("identified wants the name of a field")
    wanted, name = not argument.startswith("!"), argument.removeprefix("!")
    path = tuple(name.split("."))

    def run(rows: Rows) -> Rows:
        if isinstance(rows, Selection):
            mask = identified_mask(rows.table, name)
            if mask is not None:
                return rows.where(mask if wanted else ~mask)
        return (row for row in rows if is_identified(at_path(row, path)) is wanted)

    return run


def _select(argument: object, environment: Environment) -> Step:
    fields = _named_expressions(argument, "select", environment)
    return lambda rows: (_built(fields, row) for row in rows)


def _built(fields: list[tuple[tuple[str, ...], Callable[[Row], Any]]], row: Row) -> Row:
    out: Row = {}
    for path, value in fields:
        put(out, path, value(row))
    return out


def _eval(argument: object, environment: Environment) -> Step:
    fields = _named_expressions(argument, "eval", environment)

    def run(rows: Rows) -> Iterator[Row]:
        for row in rows:
            values = [(path, value(row)) for path, value in fields]
            for path, value in values:
                put(row, path, value)
            yield row

    return run


def _named_expressions(
    argument: object, of: str, environment: Environment
) -> list[tuple[tuple[str, ...], Callable[[Row], Any]]]:
    if not isinstance(argument, dict):
        raise Refused(f"{of} is an object of the form {{name: expression}}")
    try:
        return [(tuple(name.split(".")), compiled(text, environment)) for name, text in argument.items()]
    except UnparsableFilter as bad:
        raise Refused(f"Cannot parse {of} expression") from bad


def put(row: Row, path: tuple[str, ...], value: Any) -> None:
    """A dotted name is a nested field."""
    for name in path[:-1]:
        inner = row.get(name)
        row[name] = row = dict(inner) if isinstance(inner, dict) else {}
    row[path[-1]] = value


def _set(argument: object, _environment: Environment) -> Step:
    if not isinstance(argument, dict):
        raise Refused("set is an object of the form {name: constant}")
    fields = [(tuple(name.split(".")), value) for name, value in argument.items()]

    def run(rows: Rows) -> Iterator[Row]:
        for row in rows:
            for path, value in fields:
                put(row, path, value)
            yield row

    return run


def _sort(argument: object, _environment: Environment) -> Step:
    keys = [argument] if isinstance(argument, str) else argument
    if not isinstance(keys, list) or not keys or not all(isinstance(key, str) and key.strip("+-") for key in keys):
        raise Refused("sort is a list of field names, each perhaps with - before it")

    def run(rows: Rows) -> Rows:
        if isinstance(rows, Selection):
            found = rows.sorted(tuple(keys))
            if found is not None:
                return found
        return _sorted(rows, keys)

    return run


def _sorted(rows: Rows, keys: list[str]) -> Iterator[Row]:
    found = list(rows)
    for key in reversed(keys):
        path = tuple(key.lstrip("+-").split("."))
        found.sort(key=lambda row: sort_key(at_path(row, path)), reverse=key.startswith("-"))  # noqa: B023 - used at once
    yield from found


def _row_number(argument: object, of: str) -> int:
    if not isinstance(argument, int) or isinstance(argument, bool) or not 0 <= argument <= _ROWS_MAX:
        raise Refused(f"{of} is a whole number from 0")
    return argument


def _limit(argument: object, _environment: Environment) -> Step:
    count = _row_number(argument, "limit")
    return lambda rows: rows.cut(0, count) if isinstance(rows, Selection) else islice(rows, count)


def _skip(argument: object, _environment: Environment) -> Step:
    count = _row_number(argument, "skip")
    return lambda rows: rows.cut(count, None) if isinstance(rows, Selection) else islice(rows, count, None)


def _count(_argument: object, _environment: Environment) -> Step:
    def run(rows: Rows) -> Iterator[Row]:
        yield {"count": len(rows.indices) if isinstance(rows, Selection) else sum(1 for _ in rows)}

    return run


def _cat(_argument: object, _environment: Environment) -> Step:
    return lambda rows: rows


def _reduce(argument: object, environment: Environment) -> Step:
    fields = aggregates(argument, environment)

    def run(rows: Rows) -> Iterator[Row]:
        yield _summed({}, fields, list(rows))

    return run


def _summed(out: Row, fields: list[tuple[str, Aggregate]], rows: list[Row]) -> Row:
    for name, aggregate in fields:
        put(out, tuple(name.split(".")), aggregate(rows))
    return out


def _group(argument: object, environment: Environment) -> Step:
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


def _join(argument: object, _environment: Environment) -> Step:
    if not isinstance(argument, dict) or not _are_names(argument.get("fields")):
        raise Refused("join is an object with fields (a list) and perhaps width")
    paths = [tuple(name.split(".")) for name in argument["fields"]]

    def run(rows: Rows) -> Iterator[Row]:
        joined: dict[bytes, Row] = {}
        for row in rows:
            joined.setdefault(to_json([at_path(row, path) for path in paths]), {}).update(row)
        yield from joined.values()

    return run


def _unwind(argument: object, _environment: Environment) -> Step:
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


def _unmarshal(argument: object, environment: Environment) -> Step:
    fields = _named_expressions(argument, "unmarshal", environment)

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


def _switch(argument: object, environment: Environment) -> Step:
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
    if not isinstance(cases, list) or not all(isinstance(case, dict) and {"value", "=="} <= set(case) for case in cases):
        raise Refused("switch cases are a list of objects with value and ==")
    value_of, path = compiled(name, environment), tuple(out.split("."))
    results = {to_json(case["=="]): case["value"] for case in reversed(cases)}

    def assign(row: Row) -> None:
        found = to_json(value_of(row))
        if found in results:
            put(row, path, results[found])

    return assign


STAGES: dict[str, Callable[[Any, Environment], Step]] = {
    "filter": _filter,
    "identified": _identified,
    "select": _select,
    "eval": _eval,
    "set": _set,
    "sort": _sort,
    "limit": _limit,
    "skip": _skip,
    "count": _count,
    "cat": _cat,
    "reduce": _reduce,
    "group": _group,
    "join": _join,
    "unwind": _unwind,
    "unmarshal": _unmarshal,
    "switch": _switch,
}
