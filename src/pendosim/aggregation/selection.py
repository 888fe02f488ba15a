"""A set of table rows not yet decoded: whole-table filters, sorts and cuts, then bytes straight out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from pendosim.effort import Effort
from pendosim.expressions.evaluate import constant, is_constant
from pendosim.expressions.functions import Environment, is_identified
from pendosim.expressions.grammar import Compare, Every, Field, Node, Some, Unary
from pendosim.tables import Indices, Mask, Table
from pendosim.values import Row

_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True)
class Selection:
    table: Table
    indices: Indices
    as_stored: bool = True
    """The indices ascend: nothing has sorted them yet."""
    effort: Effort | None = None
    """Looks at the clock while rows are decoded."""

    def __iter__(self) -> Iterator[Row]:
        rows = self.table.rows(self.indices)
        return rows if self.effort is None else self.effort.watched(rows)

    def where(self, mask: Mask) -> "Selection":
        return replace(self, indices=self.indices[mask[self.indices]])

    def cut(self, start: int, end: int | None) -> "Selection":
        return replace(self, indices=self.indices[start:end])

    def sorted(self, keys: tuple[str, ...]) -> "Selection | None":
        """None where the table has no column to sort by."""
        if not self.as_stored:
            found = self.table.sorted(self.indices, keys)
        else:
            found = self.table.order(keys)
            if found is not None and len(self.indices) != len(self.table):
                chosen = np.zeros(len(self.table), dtype=np.bool_)
                chosen[self.indices] = True
                found = found[chosen[found]]
        return None if found is None else replace(self, indices=found, as_stored=False)


def whole(table: Table) -> Selection:
    return Selection(table, np.arange(len(table), dtype=np.int64))


def identified_mask(table: Table, name: str) -> Mask | None:
    column = table.column((name,))
    if column is None:
        return None
    if column.words is None:
        return np.zeros(len(table), dtype=np.bool_)
    known = np.array([*map(is_identified, column.words), False], dtype=np.bool_)
    found: Mask = known[column.numbers] & ~column.null
    return found


def mask_of(node: Node, table: Table, environment: Environment) -> Mask | None:
    """Which rows an expression is true for; None where it needs the rows themselves."""
    match node:
        case Compare():
            return _compared(node, table, environment)
        case Every(parts) | Some(parts):
            return _joined(parts, table, environment, every=isinstance(node, Every))
        case Unary("!", operand):
            mask = mask_of(operand, table, environment)
            return None if mask is None else ~mask
        case _:
            return None


def _joined(parts: tuple[Node, ...], table: Table, environment: Environment, *, every: bool) -> Mask | None:
    total = np.full(len(table), every)
    for part in parts:
        mask = mask_of(part, table, environment)
        if mask is None:
            return None
        total = total & mask if every else total | mask
    return total


def _compared(node: Compare, table: Table, environment: Environment) -> Mask | None:
    left, right, sign = node.left, node.right, node.operator
    if is_constant(left):
        left, right, sign = right, left, _MIRRORED[sign]
    if not isinstance(left, Field) or not is_constant(right):
        return None
    literal = constant(right, environment)
    if isinstance(literal, bool | list | dict):
        return None
    column = table.column(left.path)
    return None if column is None else column.compare(sign, literal)
