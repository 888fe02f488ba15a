"""What `group.fields` and `reduce` can compute over the rows of one group."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any

from pendosim.aggregation.bitmaps import bitmap_of, count_of, union_of
from pendosim.aggregation.shape import sorted_rows
from pendosim.errors import NotBuilt, Refused, UnparsableFilter
from pendosim.expressions.evaluate import Evaluator, compiled
from pendosim.expressions.functions import Environment
from pendosim.values import Row, is_number, plain_number, sort_key, to_json

Aggregate = Callable[[list[Row]], Any]
Numbers = Sequence[float]

# Percentages.
_WHOLE = 100

# Pendo has them; what they result in is not known.
NOT_BUILT = frozenset(("path", "inactivityPeriods"))
# A list made out of others holds at most so many elements.
_ELEMENTS_MAX = 1_000_000


def aggregates(fields: object, environment: Environment) -> list[tuple[str, Aggregate]]:
    """From `{"out": {agg: arg}}` or a list of those."""
    listed = fields if isinstance(fields, list) else [fields]
    found = []
    for part in listed:
        if not isinstance(part, dict):
            raise Refused("fields are objects of the form {name: {aggregator: argument}}")
        found += [(name, _aggregate(of, environment)) for name, of in part.items()]
    return found


def _aggregate(definition: object, environment: Environment) -> Aggregate:
    if not isinstance(definition, dict) or len(definition) != 1:
        raise Refused("an aggregated field is an object with exactly one aggregator")
    ((name, argument),) = definition.items()
    maker = AGGREGATORS.get(name)
    if maker is None:
        if name in NOT_BUILT:
            raise NotBuilt("aggregator", name)
        raise Refused(f"unknown aggregator {name[:60]!r}")
    try:
        return maker(argument, environment)
    except UnparsableFilter as bad:
        raise Refused(f"Cannot parse {name} expression") from bad


def _count(argument: object, environment: Environment) -> Aggregate:
    """Null counts rows; a field (or several) counts distinct values, null left out."""
    if argument is None:
        return len
    names = argument if isinstance(argument, list) else [argument]
    if not names or not all(isinstance(name, str) for name in names):
        raise Refused("count wants null, a field or a list of fields")
    values = [compiled(name, environment) for name in names]

    def distinct(rows: list[Row]) -> int:
        keys = ([value(row) for value in values] for row in rows)
        return len({to_json(key) for key in keys if any(part is not None for part in key)})

    return distinct


def _condition(argument: object, of: str, environment: Environment) -> tuple[Any, Evaluator]:
    if not isinstance(argument, dict) or set(argument) != {of, "if"}:
        raise Refused(f"{of}If wants an object with {of} and if")
    return argument[of], compiled(argument["if"], environment)


def _count_if(argument: object, environment: Environment) -> Aggregate:
    counted, test = _condition(argument, "count", environment)
    count = _count(counted, environment)
    return lambda rows: count([row for row in rows if test(row) is True])


def _list_if(argument: object, environment: Environment) -> Aggregate:
    listed, test = _condition(argument, "list", environment)
    value = compiled(listed, environment)
    return lambda rows: [value(row) for row in rows if test(row) is True]


def _list(argument: object, environment: Environment) -> Aggregate:
    value = compiled(argument, environment)
    return lambda rows: [value(row) for row in rows]


def _first(argument: object, environment: Environment) -> Aggregate:
    value = compiled(argument, environment)
    return lambda rows: next((found for row in rows if (found := value(row)) is not None), None)


def _concat(argument: object, environment: Environment) -> Aggregate:
    value = compiled(argument, environment)

    def joined(rows: list[Row]) -> list[Any]:
        found: list[Any] = []
        for row in rows:
            one = value(row)
            if one is not None:
                found += one if isinstance(one, list) else [one]
            if len(found) > _ELEMENTS_MAX:
                raise Refused(f"concat makes a list of more than {_ELEMENTS_MAX} elements")
        return found

    return joined


def _list_average(argument: object, environment: Environment) -> Aggregate:
    joined = _concat(argument, environment)
    return lambda rows: _mean([part for part in joined(rows) if is_number(part)])


def _least(argument: object, environment: Environment) -> Aggregate:
    return _extreme(argument, environment, min)


def _most(argument: object, environment: Environment) -> Aggregate:
    return _extreme(argument, environment, max)


def _extreme(argument: object, environment: Environment, choose: Callable[..., Any]) -> Aggregate:
    value = compiled(argument, environment)

    def chosen(rows: list[Row]) -> Any:
        found = [one for row in rows if (one := value(row)) is not None]
        return choose(found, key=sort_key) if found else None

    return chosen


def _over_numbers(compute: Callable[[Numbers], Any]) -> Callable[[object, Environment], Aggregate]:
    def maker(argument: object, environment: Environment) -> Aggregate:
        value = compiled(argument, environment)

        def result(rows: list[Row]) -> Any:
            try:
                return compute([one for row in rows if is_number(one := value(row))])
            except OverflowError:
                return None

        return result

    return maker


def _mean(numbers: Numbers) -> Any:
    return plain_number(sum(numbers) / len(numbers)) if numbers else None


def _spread(compute: Callable[[Numbers], float]) -> Callable[[Numbers], Any]:
    return lambda numbers: plain_number(compute(numbers)) if numbers else None


def _percentiles(argument: object, environment: Environment) -> Aggregate:
    if not isinstance(argument, dict) or not isinstance(argument.get("field"), str):
        raise Refused("percentiles wants an object with field and named percentages")
    value = compiled(argument["field"], environment)
    wanted = {name: share for name, share in argument.items() if name != "field"}
    if not all(is_number(share) and 0 <= share <= _WHOLE for share in wanted.values()):
        raise Refused("percentiles are numbers from 0 to 100")

    def result(rows: list[Row]) -> Row:
        numbers = sorted(one for row in rows if is_number(one := value(row)))
        return {name: _percentile(numbers, share) for name, share in wanted.items()}

    return result


def _percentile(numbers: Numbers, share: float) -> Any:
    if not numbers:
        return None
    return numbers[min(len(numbers) - 1, int(share / _WHOLE * len(numbers)))]


def _sequence(argument: object, environment: Environment) -> Aggregate:
    """Rows in order, cut into runs: each begins with a row for which `new` is true."""
    if not isinstance(argument, dict) or set(argument) != {"new", "sort"}:
        raise Refused("sequence wants an object with new (an expression) and sort (a list of fields)")
    begins, names = compiled(argument["new"], environment), argument["sort"]
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise Refused("sequence sort is a list of fields")

    def runs(rows: list[Row]) -> list[list[Row]]:
        found: list[list[Row]] = []
        for row in sorted_rows(rows, names):
            if not found or begins(row) is True:
                found.append([])
            found[-1].append(row)
        return found

    return runs


def _days_create(argument: object, environment: Environment) -> Aggregate:
    value, calendar = compiled(argument, environment), environment.calendar

    def days(rows: list[Row]) -> str | None:
        times = {int(time) for row in rows if is_number(time := value(row))}
        return bitmap_of(calendar.ordinal("day", time) for time in times)

    return days


def _bitmap_union(argument: object, environment: Environment) -> Aggregate:
    value = compiled(argument, environment)
    return lambda rows: union_of(value(row) for row in rows)


def _bitmap_count(argument: object, environment: Environment) -> Aggregate:
    if isinstance(argument, dict):
        # What its windows and thresholds result in is not known.
        raise NotBuilt("aggregator", "daysActiveCount with windows")
    value = compiled(argument, environment)
    return lambda rows: count_of(union_of(value(row) for row in rows))


AGGREGATORS: dict[str, Callable[[object, Environment], Aggregate]] = {
    "sum": _over_numbers(lambda numbers: plain_number(sum(numbers))),
    "avg": _over_numbers(_mean),
    "mean": _over_numbers(_mean),
    "median": _over_numbers(_spread(statistics.median)),
    "stddev": _over_numbers(_spread(statistics.pstdev)),
    "var": _over_numbers(_spread(statistics.pvariance)),
    "min": _least,
    "max": _most,
    "count": _count,
    "countIf": _count_if,
    "first": _first,
    "list": _list,
    "listIf": _list_if,
    "concat": _concat,
    "listAverage": _list_average,
    "percentiles": _percentiles,
    "sequence": _sequence,
    "daysActiveCreate": _days_create,
    "daysActiveUnion": _bitmap_union,
    "daysActiveCount": _bitmap_count,
    "minutesActiveUnion": _bitmap_union,
    "minutesActiveCount": _bitmap_count,
}
