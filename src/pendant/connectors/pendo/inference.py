"""Columns for rows of which nobody declared any: found from some of the rows themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pendant.connectors.declaration import ColumnType, Connector
from pendant.connectors.pendo.layout import TIMES, Column, declared, is_plain

_INT64_MAX = 2**63
_SCALARS = (
    (bool, ColumnType.BOOLEAN, None),
    (int, ColumnType.INTEGER, ColumnType.INTEGERS),
    (float, ColumnType.NUMBER, ColumnType.NUMBERS),
    (str, ColumnType.TEXT, ColumnType.TEXTS),
)


def columns_in(rows: Iterable[Mapping[str, Any]], times: Mapping[str, ColumnType]) -> list[Column]:
    """Return a column for each field, in the order in which they appear; `times` are names known to be times."""
    values: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.items():
            values.setdefault(name, []).append(value)
    return [Column(name, (name,), _type_of(found, times.get(name))) for name, found in values.items() if is_plain(name)]


def known_times(connector: Connector) -> dict[str, ColumnType]:
    """Return the fields that are times wherever a resource declares them."""
    types: dict[str, set[ColumnType]] = {}
    for resource in connector.resources:
        for column in declared(connector.columns_of(resource)):
            if len(column.path) == 1:
                types.setdefault(column.name, set()).add(column.type)
    return {name: max(found) for name, found in types.items() if found <= TIMES}


def _type_of(values: list[Any], time: ColumnType | None) -> ColumnType:
    there = [value for value in values if value is not None]
    scalar = _scalar(there)
    if scalar is not None:
        return time if time is not None and scalar == ColumnType.INTEGER else scalar
    if there and all(isinstance(value, list) for value in there):
        inner = _scalar([one for value in there for one in value if one is not None])
        return next((many for _, one, many in _SCALARS if one == inner and many), ColumnType.JSON)
    if any(isinstance(value, dict | list) for value in there):
        return ColumnType.JSON
    return ColumnType.ANY_TEXT


def _scalar(values: list[Any]) -> ColumnType | None:
    """Return the one type that all values are of, or None."""
    types = {type(value) for value in values}
    if types == {int, float}:
        return ColumnType.NUMBER
    if any(type(value) is int and not -_INT64_MAX <= value < _INT64_MAX for value in values):
        return None
    return next((one for kind, one, _ in _SCALARS if types == {kind}), None)


def keys_of_last(stages: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the fields that a pipeline's last stages name, where there are no rows to look at."""
    for stage in reversed(list(stages)):
        argument = stage.get("select") or stage.get("reduce")
        if isinstance(argument, dict):
            yield from argument
            return
        if "group" in stage or "count" in stage:
            group = stage.get("group")
            fields = group.get("fields") if isinstance(group, dict) else None
            yield from (group.get("group") or []) if isinstance(group, dict) else ["count"]
            yield from fields if isinstance(fields, dict) else []
            return
