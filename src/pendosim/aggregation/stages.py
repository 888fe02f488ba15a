"""The operators that need nothing but the rows they are given."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from pendosim.aggregation import regroup
from pendosim.aggregation.query import Rows
from pendosim.aggregation.selection import Selection, identified_mask, mask_of
from pendosim.aggregation.shape import Step, named_expressions, path_of, put, sorted_rows
from pendosim.aggregation.user_agents import parsed_user_agent
from pendosim.errors import Refused, UnparsableFilter
from pendosim.expressions.evaluate import evaluator, tree_of
from pendosim.expressions.functions import Environment, is_identified
from pendosim.expressions.grammar import Compare, Field, Literal, Node
from pendosim.values import Row, at_path

# Pendo has them; what their rows hold is not known.
STAGES_NOT_BUILT = frozenset(("retention", "sessionReplays"))
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
    path = path_of(name)

    def run(rows: Rows) -> Rows:
        if isinstance(rows, Selection):
            mask = identified_mask(rows.table, name)
            if mask is not None:
                return rows.where(mask if wanted else ~mask)
        return (row for row in rows if is_identified(at_path(row, path)) is wanted)

    return run


def _select(argument: object, environment: Environment) -> Step:
    fields = named_expressions(argument, "select", environment)
    return lambda rows: (_built(fields, row) for row in rows)


def _built(fields: list[tuple[tuple[str, ...], Callable[[Row], Any]]], row: Row) -> Row:
    out: Row = {}
    for path, value in fields:
        put(out, path, value(row))
    return out


def _eval(argument: object, environment: Environment) -> Step:
    fields = named_expressions(argument, "eval", environment)

    def run(rows: Rows) -> Iterator[Row]:
        for row in rows:
            values = [(path, value(row)) for path, value in fields]
            for path, value in values:
                put(row, path, value)
            yield row

    return run


def _set(argument: object, _environment: Environment) -> Step:
    if not isinstance(argument, dict):
        raise Refused("set is an object of the form {name: constant}")
    fields = [(path_of(name), value) for name, value in argument.items()]

    def run(rows: Rows) -> Iterator[Row]:
        for row in rows:
            for path, value in fields:
                put(row, path, value)
            yield row

    return run


def _useragent(argument: object, environment: Environment) -> Step:
    fields = named_expressions(argument, "useragent", environment)

    def run(rows: Rows) -> Iterator[Row]:
        for row in rows:
            for path, text in fields:
                put(row, path, parsed_user_agent(text(row)))
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
        return iter(sorted_rows(rows, keys))

    return run


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


def _count(argument: object, _environment: Environment) -> Step:
    if argument is not None:
        raise Refused("count is null; distinct values are counted in reduce or group")

    def run(rows: Rows) -> Iterator[Row]:
        yield {"count": len(rows.indices) if isinstance(rows, Selection) else sum(1 for _ in rows)}

    return run


def _cat(argument: object, _environment: Environment) -> Step:
    if argument is not None:
        raise Refused("cat is null")
    return lambda rows: rows


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
    "reduce": regroup.reduce,
    "group": regroup.group,
    "join": regroup.join,
    "unwind": regroup.unwind,
    "unmarshal": regroup.unmarshal,
    "switch": regroup.switch,
    "useragent": _useragent,
}
