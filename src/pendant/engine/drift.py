"""What is not as it was at the last runs of the same export. Said on the run, and no reason to fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pendant.app import App
from pendant.model.run import Note, Run
from pendant.store import exports, runs
from pendant.store.transaction import Transaction

OTHERS = "other_fields."
RUNS_COMPARED = 10
NAMES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Habit:
    """What the last runs of a stored export were like. `columns` None: nobody knows yet."""

    export_id: str
    columns: Mapping[str, str] | None
    never_empty: bool

    def notes(self, schema: pa.Schema, rows: int, undeclared: Iterable[str]) -> Iterator[Note]:
        if not rows and self.never_empty:
            yield Note("empty_answer", "No rows came, where none of the last runs was empty.")
        if self.columns is not None:
            yield from compared(self.columns, self._now(schema, undeclared))

    def keep(self, tx: Transaction, schema: pa.Schema, undeclared: Iterable[str]) -> None:
        exports.save_columns_seen(tx, self.export_id, self._now(schema, undeclared))

    def _now(self, schema: pa.Schema, undeclared: Iterable[str]) -> dict[str, str]:
        """Return the columns, and the fields among the others: one that came before may be missing in a few rows."""
        others = {f"{OTHERS}{name}": "json" for name in sorted(undeclared)}
        before = {name: kind for name, kind in (self.columns or {}).items() if name.startswith(OTHERS)}
        return columns_of(schema) | before | others


def habit_of(app: App, run: Run) -> Habit | None:
    """Return what is known of the stored export that this is a run of."""
    if run.export_id is None:
        return None
    with app.database.read() as tx:
        earlier = runs.finished_of_export(tx, run.export_id, limit=RUNS_COMPARED)
        columns = exports.columns_seen(tx, run.export_id)
    # Another resource under the same name is another export.
    # A run that had nothing to read says nothing about what comes.
    same = [each for each in earlier if each.resource == run.resource and each.slices_total]
    return Habit(
        run.export_id, columns if same else None, never_empty=bool(same) and all(each.rows_read for each in same)
    )


def columns_of(schema: pa.Schema) -> dict[str, str]:
    return {field.name: str(field.type) for field in schema}


def compared(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Note]:
    """Say which columns are new, which are gone, and which have another type."""
    new = [name for name in now if name not in before]
    gone = [name for name in before if name not in now]
    other = [f"{name} (was {before[name]}, is {now[name]})" for name in now if before.get(name, now[name]) != now[name]]
    if new:
        yield Note("columns_new", f"Columns came that the last run did not have: {_listed(new)}.", len(new))
    if gone:
        yield Note("columns_gone", f"Columns of the last run are gone: {_listed(gone)}.", len(gone))
    if other:
        yield Note("columns_changed", f"Columns have another type than at the last run: {_listed(other)}.", len(other))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more
