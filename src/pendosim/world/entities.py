"""Visitors, accounts or parent accounts: those the world began with, and what was written since.

Two views of the same: `now` is what single reads answer, `shown` what aggregation and everything built on it sees.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from pendosim.tables import Table
from pendosim.values import Row

Change = Callable[[Row], None]
"""Works on the metadata (groups of fields) of a fresh copy."""
Hidden = frozenset[tuple[str, str]]
"""Group and field."""


@dataclass
class View:
    rows: dict[str, Row] = field(default_factory=dict)
    """Changed and added ones; whole rows, never changed in place."""
    gone: set[str] = field(default_factory=set)
    version: int = 0


class Entities:
    def __init__(self, id_field: str, made: Callable[[], Table]) -> None:
        """Take the table the world begins with from `made`, at the first need."""
        self.id_field = id_field
        self._made = made
        self.now, self.shown = View(), View()
        self._hidden: Hidden = frozenset()
        self._table: tuple[tuple[int, Hidden], Table] | None = None

    def row(self, name: str) -> Row | None:
        """See one as it is now."""
        found = self._full(self.now, name)
        return None if found is None else self._seen(found)

    def change(self, view: View, name: str, change: Change) -> None:
        """Change one; make it where it is not known."""
        row = self._full(view, name) or {self.id_field: name, "metadata": {}}
        metadata = {group: dict(fields) for group, fields in row["metadata"].items()}
        change(metadata)
        view.rows[name] = row | {"metadata": metadata}
        view.gone.discard(name)
        view.version += 1

    def erase(self, names: Iterable[str]) -> None:
        """Take them out of both views."""
        for view in (self.now, self.shown):
            for name in names:
                view.rows.pop(name, None)
                view.gone.add(name)
            view.version += 1

    def hide(self, fields: Hidden) -> None:
        self._hidden = fields

    def table(self) -> Table:
        """See all of them as aggregation does."""
        made, view = self._made(), self.shown
        if not view.version and not self._hidden:
            return made
        key = (view.version, self._hidden)
        if self._table is None or self._table[0] != key:
            self._table = (key, self._current(made, view))
        return self._table[1]

    def added(self) -> list[str]:
        """Ids the world did not begin with, as aggregation sees them."""
        return [name for name in self.shown.rows if name not in self._places]

    def _current(self, made: Table, view: View) -> Table:
        changed = {self._places[name]: self._seen(row) for name, row in view.rows.items() if name in self._places}
        added = [self._seen(view.rows[name]) for name in self.added()]
        gone = [self._places[name] for name in view.gone if name in self._places]
        current = made.patched(changed, added, gone)
        return Table.of_rows(self._all_seen(current)) if self._hidden else current

    def _all_seen(self, table: Table) -> Iterator[Row]:
        return (self._seen(table.row(place)) for place in range(len(table)))

    def _full(self, view: View, name: str) -> Row | None:
        if name in view.gone:
            return None
        place = self._places.get(name)
        return view.rows.get(name) or (None if place is None else self._made().row(place))

    def _seen(self, row: Row) -> Row:
        """Without deleted fields; of one who is never processed there is only the group `pendo`."""
        metadata = row["metadata"]
        if metadata.get("pendo", {}).get("donotprocess") is True:
            metadata = {"pendo": metadata["pendo"]}
        for group, name in self._hidden:
            if name in metadata.get(group, {}):
                kept = {other: value for other, value in metadata[group].items() if other != name}
                metadata = metadata | {group: kept}
        return row | {"metadata": metadata}

    @cached_property
    def _places(self) -> dict[str, int]:
        column = self._made().column((self.id_field,))
        if column is None or column.words is None:
            return {}
        words = column.words
        return {words[number]: place for place, number in enumerate(column.numbers.tolist())}
