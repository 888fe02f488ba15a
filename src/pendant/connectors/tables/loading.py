"""Loading the rows of a run into a table, in every mode, inside a transaction that is already open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pendant.connectors.loading import unsupported, windows_of
from pendant.connectors.tables.evolution import Evolution, Fit
from pendant.connectors.tables.session import Column, Session, literal, quoted
from pendant.model.pipeline import Load, LoadMode
from pendant.model.run import Note, Slice


@dataclass(frozen=True, slots=True)
class TableLoad:
    """`table` and `staged` are the quoted names of the target and of the temporary table with the rows of this run.

    `marks` is the quoted name of the table that keeps which run appended last to each target, so that a run whose
    end was not noticed does not append twice.
    """

    table: str
    staged: str
    marks: str
    run_id: str
    schema: pa.Schema
    load: Load
    note: Callable[[Note], None]

    def run(self, session: Session, parts: Sequence[Slice]) -> None:
        """Let the rows that give way go, and insert the staged ones in their order."""
        if self.load.mode is LoadMode.APPEND and self._appended_before(session):
            return
        fits = self._prepared(session)
        if self.load.mode is LoadMode.MERGE:
            self._keep_last(session)
        if condition := self._giving_way(session, fits, parts):
            session.execute(f"DELETE FROM {self.table} WHERE {condition}")
        names = ", ".join(quoted(fit.target.name) for fit in fits)
        values = ", ".join(fit.expression for fit in fits)
        order = session.dialect.row_number
        session.execute(f"INSERT INTO {self.table} ({names}) SELECT {values} FROM {self.staged} ORDER BY {order}")

    def _appended_before(self, session: Session) -> bool:
        """Say whether this very run has appended its rows already; if not, note that it does now."""
        target, run_id = literal(self.table), literal(self.run_id)
        session.execute(f"CREATE TABLE IF NOT EXISTS {self.marks} (target VARCHAR(500), run_id VARCHAR(100))")
        mark = f"SELECT count(*) FROM {self.marks} WHERE target = {target} AND run_id = {run_id}"
        if session.columns() and session.number(mark):
            return True
        session.execute(f"DELETE FROM {self.marks} WHERE target = {target}")
        session.execute(f"INSERT INTO {self.marks} VALUES ({target}, {run_id})")
        return False

    def _prepared(self, session: Session) -> list[Fit]:
        staged = [Column(field.name, session.dialect.column_type(field)) for field in self.schema]
        fresh = [Column(column.name, column.type or session.dialect.text) for column in staged]
        existing = session.columns()
        if existing and self.load.mode is LoadMode.REPLACE and existing != fresh:
            session.execute(f"DROP TABLE {self.table}")
            existing = []
        if existing:
            return Evolution(session, self.table, self.staged, self.note).fitted(staged)
        columns = ", ".join(f"{quoted(column.name)} {column.type}" for column in fresh)
        session.execute(f"CREATE TABLE {self.table} ({columns})")
        return [Fit(column, column, quoted(column.name)) for column in fresh]

    def _keep_last(self, session: Session) -> None:
        key, number = ", ".join(map(quoted, self.load.key)), session.dialect.row_number
        lasts = f"SELECT max({number}) FROM {self.staged} GROUP BY {key}"
        before = session.number(f"SELECT count(*) FROM {self.staged}")
        session.execute(f"DELETE FROM {self.staged} WHERE {number} NOT IN ({lasts})")
        twice = before - session.number(f"SELECT count(*) FROM {self.staged}")
        if twice:
            name = ", ".join(self.load.key)
            self.note(Note("key_twice", f"A row came with the {name} of an earlier one; the last was kept.", twice))

    def _giving_way(self, session: Session, fits: Sequence[Fit], parts: Sequence[Slice]) -> str:
        """Return the condition for rows of the table that the new ones replace."""
        if self.load.mode is LoadMode.REPLACE:
            return "TRUE"
        if self.load.mode is LoadMode.MERGE:
            return self._with_same_key(fits)
        return self._in_windows(session, fits, parts) if self.load.mode is LoadMode.SLICES else ""

    def _with_same_key(self, fits: Sequence[Fit]) -> str:
        pairs = [
            f"{self.table}.{quoted(fit.target.name)} = given.{quoted(fit.target.name)}"
            for fit in fits
            if fit.staged.name in self.load.key
        ]
        values = ", ".join(
            f"{fit.expression} AS {quoted(fit.target.name)}" for fit in fits if fit.staged.name in self.load.key
        )
        return f"EXISTS (SELECT 1 FROM (SELECT {values} FROM {self.staged}) AS given WHERE {' AND '.join(pairs)})"

    def _in_windows(self, session: Session, fits: Sequence[Fit], parts: Sequence[Slice]) -> str:
        fit = next(fit for fit in fits if fit.staged.name == self.load.time)
        if fit.target.type != fit.staged.type:
            raise unsupported(
                f'The column "{fit.target.name}" of the table is {fit.target.type} and holds no times to compare.',
                "Choose another table, or another mode.",
            )
        name, moment = quoted(fit.target.name), session.dialect.moment
        return " OR ".join(
            f"({name} >= {moment(since)} AND {name} < {moment(until)})" for since, until in windows_of(list(parts))
        )
