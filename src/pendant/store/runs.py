"""Runs and their slices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import msgspec
from sqlalchemy import Row, and_, delete, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from pendant.errors import NotFound, WrongInput
from pendant.model.run import ENDED, Note, Run, RunState, RunTotals, Slice, SliceRecord, SliceState, Span
from pendant.store.tables import run_slices, runs
from pendant.store.transaction import Transaction

_SUMMED = ("rows_read", "rows_written", "bytes_read", "bytes_written", "requests", "retries", "duration_ms")
_WROTE = (RunState.FINISHED.value, RunState.FINISHED_WITH_ERRORS.value)


def insert(tx: Transaction, run: Run) -> None:
    tx.execute(runs.insert().values(_values(run)))


def save(tx: Transaction, run: Run) -> None:
    if tx.execute(update(runs).where(runs.c.id == run.id).values(_values(run))).rowcount != 1:
        raise NotFound("run_unknown", f"There is no run {run.id}.", hint="List them with: pendant runs list")


def get(tx: Transaction, run_id: str) -> Run | None:
    """Return the run with this id, or the only one whose id begins with it; raise WrongInput if several do."""
    if not run_id:
        return None
    query = select(runs).where(runs.c.id.startswith(run_id, autoescape=True)).limit(2)
    found = list(tx.execute(query))
    exact = tx.execute(select(runs).where(runs.c.id == run_id)).first() if len(found) > 1 else None
    if len(found) > 1 and exact is None:
        raise WrongInput("run_ambiguous", f"Several runs begin with {run_id!r}.", hint="Give more of the id.")
    row = exact or next(iter(found), None)
    return None if row is None else _run(row)


def recent(
    tx: Transaction,
    *,
    limit: int = 100,
    connection_id: str | None = None,
    state: RunState | None = None,
    export_id: str | None = None,
) -> list[Run]:
    """Return the newest first."""
    query = select(runs).order_by(runs.c.created_at.desc(), runs.c.id).limit(limit)
    if connection_id is not None:
        query = query.where(runs.c.connection_id == connection_id)
    if state is not None:
        query = query.where(runs.c.state == state.value)
    if export_id is not None:
        query = query.where(runs.c.export_id == export_id)
    return [_run(row) for row in tx.execute(query)]


def totals(tx: Transaction) -> list[RunTotals]:
    summed = [runs.c[name] for name in _SUMMED]
    query = (
        select(runs.c.resource, runs.c.state, func.count(), *(func.sum(column) for column in summed))
        .group_by(runs.c.resource, runs.c.state)
        .order_by(runs.c.resource, runs.c.state)
    )
    return [RunTotals(resource, RunState(state), *sums) for resource, state, *sums in tx.execute(query)]


def using(tx: Transaction, connection_id: str) -> list[Run]:
    """Return the runs of this connection that have not ended."""
    ended = [state.value for state in ENDED]
    query = select(runs).where(runs.c.connection_id == connection_id, runs.c.state.not_in(ended))
    return [_run(row) for row in tx.execute(query.order_by(runs.c.created_at, runs.c.id))]


def unfinished(tx: Transaction) -> list[Run]:
    ended = [state.value for state in ENDED]
    return [_run(row) for row in tx.execute(select(runs).where(runs.c.state.not_in(ended)).order_by(runs.c.created_at))]


def unfinished_of_export(tx: Transaction, export_id: str) -> list[Run]:
    ended = [state.value for state in ENDED]
    query = select(runs).where(runs.c.export_id == export_id, runs.c.state.not_in(ended))
    return [_run(row) for row in tx.execute(query.order_by(runs.c.created_at, runs.c.id))]


def finished_of_export(tx: Transaction, export_id: str, *, limit: int) -> list[Run]:
    """Return the newest first."""
    query = select(runs).where(runs.c.export_id == export_id, runs.c.state.in_(_WROTE))
    return [_run(row) for row in tx.execute(query.order_by(runs.c.created_at.desc(), runs.c.id).limit(limit))]


def wrote_target(tx: Transaction, target: str, resource: str, connection_id: str) -> bool:
    """Tell whether a run of this resource and connection wrote `target`, so that another may replace it.

    A run that has not ended although all its slices are done may have been killed just after the target appeared.
    """
    published = and_(
        runs.c.state.not_in([state.value for state in ENDED]),
        runs.c.slices_total > 0,
        runs.c.slices_done == runs.c.slices_total,
    )
    query = select(runs.c.id).where(
        runs.c.target == target,
        runs.c.resource == resource,
        runs.c.connection_id == connection_id,
        or_(runs.c.state.in_(_WROTE), published),
    )
    return tx.execute(query.limit(1)).first() is not None


def put_slices(tx: Transaction, run_id: str, records: Iterable[SliceRecord]) -> None:
    """Add or replace slices by their key; in the order of `slices` they stand last, in the order given."""
    first = tx.execute(
        select(func.coalesce(func.max(run_slices.c.place) + 1, 0)).where(run_slices.c.run_id == run_id)
    ).scalar_one()
    rows = [_slice_values(run_id, record) | {"place": first + number} for number, record in enumerate(records)]
    if not rows:
        return
    query = upsert(run_slices)
    changed = {column.name: column for column in query.excluded if column.name not in ("run_id", "key")}
    tx.execute(query.on_conflict_do_update(index_elements=["run_id", "key"], set_=changed), rows)


def drop_slices(tx: Transaction, run_id: str) -> None:
    """Forget the slices of a run, which begins anew."""
    tx.execute(delete(run_slices).where(run_slices.c.run_id == run_id))


def drop_planned_slices(tx: Transaction, run_id: str) -> None:
    """Forget the slices of a run that were never begun."""
    planned = run_slices.c.state == SliceState.PLANNED.value
    tx.execute(delete(run_slices).where(run_slices.c.run_id == run_id, planned))


def save_slice(tx: Transaction, run_id: str, record: SliceRecord) -> None:
    """Save what is known of one slice, in its place; a slice that is new comes last."""
    query = update(run_slices).where(run_slices.c.run_id == run_id, run_slices.c.key == record.slice.key)
    if tx.execute(query.values(_slice_values(run_id, record))).rowcount == 0:
        put_slices(tx, run_id, [record])


def slices(tx: Transaction, run_id: str) -> list[SliceRecord]:
    query = select(run_slices).where(run_slices.c.run_id == run_id).order_by(run_slices.c.place)
    return [_slice_record(row) for row in tx.execute(query)]


def _values(run: Run) -> dict[str, Any]:
    return {field.name: getattr(run, field.name) for field in fields(run)} | {"state": run.state.value}


def _run(row: Row[Any]) -> Run:
    values = row._asdict()
    values["state"] = RunState(values["state"])
    values["notes"] = msgspec.convert(values["notes"], tuple[Note, ...])
    values["windows"] = msgspec.convert(values["windows"], tuple[Span, ...])
    return Run(**values)


def _slice_values(run_id: str, record: SliceRecord) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "key": record.slice.key,
        "lower": record.slice.lower,
        "upper": record.slice.upper,
        "label": record.slice.label,
        "state": record.state.value,
        "rows_read": record.rows_read,
        "rows_written": record.rows_written,
        "rows_expected": record.rows_expected,
        "bytes_read": record.bytes_read,
        "bytes_written": record.bytes_written,
    }


def _slice_record(row: Row[Any]) -> SliceRecord:
    return SliceRecord(
        slice=Slice(key=row.key, lower=row.lower, upper=row.upper, label=row.label),
        state=SliceState(row.state),
        rows_read=row.rows_read,
        rows_written=row.rows_written,
        rows_expected=row.rows_expected,
        bytes_read=row.bytes_read,
        bytes_written=row.bytes_written,
    )
