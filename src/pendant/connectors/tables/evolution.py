"""How the columns of a table follow the rows: new ones are added, types become wider, nothing is dropped.

A whole number becomes a binary number, and anything a text; where a whole number is so large that a binary number
would change it, both become text at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pendant.connectors.tables.session import Column, Session, quoted
from pendant.model.run import Note

# Up to here every whole number has an exact binary number.
_EXACT_MAX = 2**53


@dataclass(frozen=True, slots=True)
class Fit:
    """A column of the rows and the one of the table that takes it; `expression` is its value in the latter's type."""

    staged: Column
    target: Column
    expression: str


@dataclass(frozen=True, slots=True)
class Evolution:
    """One change of a table. `table` and `staged` are the quoted names of the target and of the table of new rows."""

    session: Session
    table: str
    staged: str
    note: Callable[[Note], None]

    def fitted(self, columns: Sequence[Column]) -> list[Fit]:
        """Change the table so that it takes every row with these columns; return what goes where."""
        same = self.session.dialect.same_name
        before = self.session.columns()
        known = {same(column.name): column for column in before}
        fits = [
            self._widened(column, known[same(column.name)]) if same(column.name) in known else self._added(column)
            for column in columns
        ]
        arriving = {same(column.name) for column in columns}
        for column in before:
            if same(column.name) not in arriving:
                message = f'The column "{column.name}" came no more; it stays, empty in new rows.'
                self.note(Note("column_vanished", message))
        return fits

    def _added(self, column: Column) -> Fit:
        added = Column(column.name, column.type or self.session.dialect.text)
        self.session.execute(f"ALTER TABLE {self.table} ADD COLUMN {quoted(added.name)} {added.type}")
        self.note(Note("column_added", f'The column "{added.name}" ({added.type}) is new and was added to the table.'))
        return Fit(column, added, quoted(column.name))

    def _widened(self, staged: Column, target: Column) -> Fit:
        wider = self._wider(staged, target)
        if wider != target.type:
            for statement in self.session.dialect.widen(self.table, target, wider):
                self.session.execute(statement)
            message = f'The column "{target.name}" was {target.type} and is now {wider}, to hold {staged.type} as well.'
            self.note(Note("column_widened", message))
        expression = self.session.dialect.cast(quoted(staged.name), staged.type, wider)
        return Fit(staged, Column(target.name, wider), expression)

    def _wider(self, staged: Column, target: Column) -> str:
        dialect = self.session.dialect
        if staged.type in ("", target.type) or target.type == dialect.text:
            return target.type
        for family in (dialect.integers, dialect.numbers):
            if staged.type in family and target.type in family:
                return max(staged.type, target.type, key=family.index)
        for whole, number, relation in ((staged, target, self.staged), (target, staged, self.table)):
            if whole.type in dialect.integers and number.type in dialect.numbers:
                return dialect.text if self._inexact(relation, whole.name) else dialect.numbers[-1]
        return dialect.text

    def _inexact(self, relation: str, column: str) -> bool:
        name = quoted(column)
        return bool(
            self.session.number(
                f"SELECT count(*) FROM {relation} WHERE {name} > {_EXACT_MAX} OR {name} < -{_EXACT_MAX}"
            )
        )
