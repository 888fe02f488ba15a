"""Loading the rows of a run into a table, in every mode, inside a transaction that is already open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from pendant.connectors.loading import unsupported, windows_of
from pendant.connectors.tables.evolution import Evolution, Fit
from pendant.connectors.tables.session import Column, Session, literal, quoted
from pendant.connectors.tables.staged import staged_batches
from pendant.model.pipeline import Load, LoadMode
from pendant.model.run import Note, Slice


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one run, waiting in files in the order of its slices, and how they are to be loaded."""

    run_id: str
    schema: pa.Schema
    slices: Sequence[Slice]
    paths: Sequence[Path]
    load: Load

    def reader(self) -> pa.RecordBatchReader:
        """Return the rows under the names of `schema`, which may differ from those in the files."""
        batches = (batch.rename_columns(self.schema.names) for batch in staged_batches(self.paths))
        return pa.RecordBatchReader.from_batches(self.schema, batches)


@dataclass(frozen=True, slots=True)
class TableLoad:
    """`table` and `staged` are the quoted names of the target and of the temporary table with the rows.

    `marks` is the quoted name of the table that keeps which run appended last to each target, so that a run whose
    end was not noticed does not append twice. `stage` fills the temporary table; `append`, where there is one, adds
    the rows to the target itself, by the names of their columns, which spares writing them twice. `notes` is what a
    person should know once it is committed.
    """

    session: Session
    rows: Rows
    table: str
    staged: str
    marks: str
    stage: Callable[[], None]
    append: Callable[[], None] | None = None
    notes: list[Note] = field(default_factory=list)

    def run(self) -> list[Note]:
        """Let the rows that give way go, and insert the staged ones in their order."""
        if self._mode is LoadMode.APPEND and self._appended_before():
            return self.notes
        staged = [Column(field.name, self.session.dialect.column_type(field)) for field in self.rows.schema]
        existing = self._existing(staged)
        if self.append and self._mode is not LoadMode.MERGE and (not existing or set(staged) <= set(existing)):
            self._give_way(self._fits(staged, existing))
            self.append()
            return self.notes
        self.stage()
        fits = self._fits(staged, existing)
        if self._mode is LoadMode.MERGE:
            self._keep_last()
        self._give_way(fits)
        self._insert(fits)
        return self.notes

    @property
    def _mode(self) -> LoadMode:
        return self.rows.load.mode

    def _appended_before(self) -> bool:
        """Say whether this very run has appended its rows already; if not, note that it does now."""
        target, run_id = literal(self.table), literal(self.rows.run_id)
        self.session.execute(f"CREATE TABLE IF NOT EXISTS {self.marks} (target VARCHAR(500), run_id VARCHAR(100))")
        mark = f"SELECT count(*) FROM {self.marks} WHERE target = {target} AND run_id = {run_id}"
        if self.session.columns() and self.session.number(mark):
            return True
        self.session.execute(f"DELETE FROM {self.marks} WHERE target = {target}")
        self.session.execute(f"INSERT INTO {self.marks} VALUES ({target}, {run_id})")
        return False

    def _existing(self, staged: Sequence[Column]) -> list[Column]:
        """Return the columns of the table; one that is to become another table altogether goes."""
        existing = self.session.columns()
        if existing and self._mode is LoadMode.REPLACE and existing != self._fresh(staged):
            self.session.execute(f"DROP TABLE {self.table}")
            return []
        return existing

    def _fresh(self, staged: Sequence[Column]) -> list[Column]:
        return [Column(column.name, column.type or self.session.dialect.text) for column in staged]

    def _fits(self, staged: Sequence[Column], existing: Sequence[Column]) -> list[Fit]:
        """Bring the table into a form that takes every row; return which column goes where."""
        if existing:
            return Evolution(self.session, self.table, self.staged, self.notes.append).fitted(staged)
        fresh = self._fresh(staged)
        columns = ", ".join(f"{quoted(column.name)} {column.type}" for column in fresh)
        self.session.execute(f"CREATE TABLE {self.table} ({columns})")
        return [Fit(column, column, quoted(column.name)) for column in fresh]

    def _insert(self, fits: Sequence[Fit]) -> None:
        names = ", ".join(quoted(fit.target.name) for fit in fits)
        values = ", ".join(fit.expression for fit in fits)
        order = self.session.dialect.order
        self.session.execute(f"INSERT INTO {self.table} ({names}) SELECT {values} FROM {self.staged}{order}")

    def _keep_last(self) -> None:
        """Remove rows whose key comes again later."""
        number = self.session.dialect.row_number
        same = [f"later.{quoted(name)} = {self.staged}.{quoted(name)}" for name in self.rows.load.key]
        later = f"later.{number} > {self.staged}.{number}"
        count = f"SELECT count(*) FROM {self.staged}"
        before = self.session.number(count)
        self.session.execute(
            f"DELETE FROM {self.staged} WHERE EXISTS "
            f"(SELECT 1 FROM {self.staged} AS later WHERE {' AND '.join([*same, later])})"
        )
        twice = before - self.session.number(count)
        if twice:
            name = ", ".join(self.rows.load.key)
            self.notes.append(
                Note("key_twice", f"A row came with the {name} of an earlier one; the last stays.", twice)
            )

    def _give_way(self, fits: Sequence[Fit]) -> None:
        if condition := self._giving_way(fits):
            self.session.execute(f"DELETE FROM {self.table} WHERE {condition}")

    def _giving_way(self, fits: Sequence[Fit]) -> str:
        """Return the condition for rows of the table that the new ones replace; empty when there is none."""
        if self._mode is LoadMode.REPLACE:
            return "TRUE"
        if self._mode is LoadMode.MERGE:
            return self._with_same_key([fit for fit in fits if fit.staged.name in self.rows.load.key])
        return self._in_windows(fits) if self._mode is LoadMode.SLICES else ""

    def _with_same_key(self, keys: Sequence[Fit]) -> str:
        names = ", ".join(quoted(fit.target.name) for fit in keys)
        values = ", ".join(fit.expression for fit in keys)
        return f"({names}) IN (SELECT {values} FROM {self.staged})"

    def _in_windows(self, fits: Sequence[Fit]) -> str:
        fit = next(fit for fit in fits if fit.staged.name == self.rows.load.time)
        if fit.target.type != fit.staged.type:
            raise unsupported(
                f'The column "{fit.target.name}" of the table is {fit.target.type} and holds no times to compare.',
                "Choose another table, or another mode.",
            )
        name, moment = quoted(fit.target.name), self.session.dialect.moment
        return " OR ".join(
            f"({name} >= {moment(since)} AND {name} < {moment(until)})" for since, until in windows_of(self.rows.slices)
        )
