"""From a tree to a function of one row."""

import math
import operator
from collections.abc import Callable
from typing import Any

from pendosim.errors import NotBuilt, Refused
from pendosim.expressions.functions import FUNCTIONS, Environment, joined_text
from pendosim.expressions.grammar import (
    Call,
    Chain,
    Compare,
    Every,
    Field,
    Literal,
    Node,
    Part,
    Some,
    Unary,
    parse,
)
from pendosim.values import Row, at_path, equal, is_number, less, plain_number

Evaluator = Callable[[Row], Any]

EXPRESSION_LENGTH_MAX = 2_000_000


def compiled(text: object, environment: Environment) -> Evaluator:
    return evaluator(tree_of(text), environment)


def tree_of(text: object) -> Node:
    if isinstance(text, bool | int | float):
        return Literal(text)
    if not isinstance(text, str):
        raise Refused("an expression is a string")
    if len(text) > EXPRESSION_LENGTH_MAX:
        raise Refused("an expression is too long", status=413)
    return parse(text)


def evaluator(node: Node, environment: Environment) -> Evaluator:
    """Build a function of one row.

    Raises Refused for what cannot be called; the function itself does so at most for times out of range.
    """
    build = _BUILDERS[type(node)]
    return build(node, environment)


def is_constant(node: Node) -> bool:
    """Tell whether no row can change the value."""
    return not isinstance(node, Field) and all(map(is_constant, _inner(node)))


def _inner(node: Node) -> tuple[Node, ...]:
    match node:
        case Call(_, inner) | Every(inner) | Some(inner):
            return inner
        case Unary(_, operand):
            return (operand,)
        case Chain(first, rest):
            return (first, *(part for _, part in rest))
        case Compare(_, left, right) | Part(left, right):
            return (left, right)
        case _:
            return ()


def constant(node: Node, environment: Environment) -> Any:
    return evaluator(node, environment)({})


def _literal(node: Literal, _environment: Environment) -> Evaluator:
    value = plain_number(node.value) if isinstance(node.value, float) else node.value
    return lambda _row: value


def _field(node: Field, _environment: Environment) -> Evaluator:
    path = node.path
    if len(path) == 1:
        name = path[0]
        return lambda row: row.get(name)
    return lambda row: at_path(row, path)


def _part(node: Part, environment: Environment) -> Evaluator:
    base, index = evaluator(node.base, environment), evaluator(node.index, environment)
    return lambda row: _element(base(row), index(row))


def _element(whole: object, index: object) -> Any:
    if isinstance(whole, dict) and isinstance(index, str):
        return whole.get(index)
    if not isinstance(whole, list) or not isinstance(index, int | float) or isinstance(index, bool):
        return None
    return whole[int(index)] if index in range(len(whole)) else None


def _call(node: Call, environment: Environment) -> Evaluator:
    function = FUNCTIONS.get(node.name)
    if function is None:
        raise NotBuilt("function", node.name[:60])
    if not function.least <= len(node.arguments) <= function.most:
        raise Refused(f"function {node.name} is called with {len(node.arguments)} arguments")
    call = function.call
    given = [evaluator(argument, environment) for argument in node.arguments]
    if node.name == "if":
        # Only the side that is chosen is looked at.
        test, yes, no = given
        return lambda row: yes(row) if test(row) is True else no(row)
    if function.in_time:
        return lambda row: call(environment, *[value(row) for value in given])
    if len(given) == 1:
        only = given[0]
        return lambda row: call(only(row))
    return lambda row: call(*[value(row) for value in given])


def _unary(node: Unary, environment: Environment) -> Evaluator:
    operand = evaluator(node.operand, environment)
    return lambda row: _signed(node.operators, operand(row))


def _signed(operators: str, value: Any) -> Any:
    for sign in reversed(operators):
        flipped = -value if is_number(value) else None
        value = value is not True if sign == "!" else flipped
    return value


def _chain(node: Chain, environment: Environment) -> Evaluator:
    first = evaluator(node.first, environment)
    rest = [(_ARITHMETIC[sign], evaluator(part, environment)) for sign, part in node.rest]

    def total(row: Row) -> Any:
        value = first(row)
        for compute, part in rest:
            value = compute(value, part(row))
        return value

    return total


def _added(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        return joined_text(left, right)
    return _plus(left, right)


def _numeric(compute: Callable[[float, float], float]) -> Callable[[Any, Any], Any]:
    def result(left: Any, right: Any) -> Any:
        if not (is_number(left) and is_number(right)):
            return None
        try:
            return plain_number(compute(float(left), float(right)))
        except (ZeroDivisionError, OverflowError, ValueError):
            return None

    return result


_plus = _numeric(operator.add)
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": _added,
    "-": _numeric(operator.sub),
    "*": _numeric(operator.mul),
    "/": _numeric(operator.truediv),
    "%": _numeric(math.fmod),
}


def _at_most(left: Any, right: Any) -> bool:
    return less(left, right) or (left is not None and equal(left, right) and not isinstance(left, list | dict))


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": less,
    ">": lambda left, right: less(right, left),
    "<=": _at_most,
    ">=": lambda left, right: _at_most(right, left),
}


def _compare(node: Compare, environment: Environment) -> Evaluator:
    compare = _COMPARISONS[node.operator]
    left, right = evaluator(node.left, environment), evaluator(node.right, environment)
    return lambda row: compare(left(row), right(row))


def _every(node: Every, environment: Environment) -> Evaluator:
    parts = [evaluator(part, environment) for part in node.parts]
    return lambda row: all(part(row) is True for part in parts)


def _some(node: Some, environment: Environment) -> Evaluator:
    parts = [evaluator(part, environment) for part in node.parts]
    return lambda row: any(part(row) is True for part in parts)


_BUILDERS: dict[type, Callable[[Any, Environment], Evaluator]] = {
    Literal: _literal,
    Field: _field,
    Part: _part,
    Call: _call,
    Unary: _unary,
    Chain: _chain,
    Compare: _compare,
    Every: _every,
    Some: _some,
}
