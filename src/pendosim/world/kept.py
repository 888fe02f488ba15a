"""Tables that are made from what changes, kept until it does."""

from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple

from pendosim.tables import Table


class _Made(NamedTuple):
    version: int
    table: Table


class Kept:
    """Not safe for threads: its owner holds a lock."""

    def __init__(self) -> None:
        self._made: dict[Hashable, _Made] = {}

    def table(self, name: Hashable, version: int, make: Callable[[], Table]) -> Table:
        """Make it anew only where `version` is not that of the last time."""
        found = self._made.get(name)
        if found is None or found.version != version:
            found = self._made[name] = _Made(version, make())
        return found.table


def rows_left(table: Table, erased: Mapping[str, set[str]]) -> Table:
    """Leave out the rows of visitors and accounts that were erased."""
    gone = set()
    for kind, names in erased.items():
        column = table.column((f"{kind}Id",)) if names else None
        if column is not None:
            gone |= {place for place, name in enumerate(column.values()) if name in names}
    return table.patched({}, [], sorted(gone)) if gone else table
