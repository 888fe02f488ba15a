"""A selection and a filter, applied batch by batch in a locked-down DuckDB."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterator

import duckdb
import pyarrow as pa

from pendant.errors import WrongInput
from pendant.model.pipeline import holds_record
from pendant.model.vault import Hasher, no_hasher
from pendant.transform.hashed import HASHED, add_hashed
from pendant.transform.locked import SECONDS_MAX, locked_database, stopped_after
from pendant.transform.origin import output_schema
from pendant.transform.place import place_in, whole_query
from pendant.transform.syntax import (
    Node,
    Part,
    aggregate,
    calls,
    check_text,
    check_tree,
    invalid,
    is_statement,
    query_of,
    statement,
)

# A batch costs DuckDB a fixed millisecond, so small ones are put together up to this many rows.
ROWS_AT_ONCE = 16_384
OURS = (HASHED, "masked")
_UNKNOWN_FUNCTION = re.compile(r"Function with name (\S+?) does not exist")
_MEANT = re.compile(r'Did you mean "(\w+)"')
_UNKNOWN_COLUMN = re.compile(r'Referenced column "(.+?)" not found|does not have a column named "(.+?)"')


class Sql:
    """Implements model.pipeline.Transformation. Safe to use from several threads at once.

    Everything is checked here, on an empty table: WrongInput `unknown_column`, `sql_invalid` or `sql_refused`.
    A value that SQL cannot handle (a text that is no number) is found while rows pass: WrongInput `sql_failed`.
    """

    def __init__(
        self,
        schema: pa.Schema,
        *,
        hasher: Callable[[], Hasher] = no_hasher,
        select: str = "",
        filter: str = "",  # noqa: A002 - the word users write
        seconds_max: float = SECONDS_MAX,
    ) -> None:
        self._seconds_max = seconds_max
        self._database = locked_database()
        self._parts: dict[Part, str] = {"select": select.strip() or "*", "filter": filter.strip() or "true"}
        self._trees = {part: self._tree(part) for part in self._parts}
        if any(calls(tree, HASHED) for tree in self._trees.values()):
            add_hashed(self._database, hasher())
        self._query = whole_query(self._parts)
        self._columns = [field.name for field in schema if not holds_record(field)]
        self.schema = output_schema(schema, self._trees["select"], self._on_nothing(schema))

    def apply(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        database = self._database.cursor()
        try:
            for batch in _of_good_size(batches):
                yield from self._answer(database, batch).cast(self.schema).to_batches()
        finally:
            database.close()

    def _tree(self, part: Part) -> list[Node]:
        text = self._parts[part]
        check_text(part, text)
        query = "SELECT json_serialize_sql(?, skip_empty := true, skip_null := true, skip_default := true)"
        ((tree,),) = self._database.execute(query, [query_of(part, text)]).fetchall()
        return check_tree(part, text, json.loads(tree))

    def _on_nothing(self, schema: pa.Schema) -> pa.Schema:
        """Run the query on an empty table. An aggregate shows itself: it makes a row out of no rows."""
        database = self._database.cursor()
        try:
            database.register("input", schema.empty_table())
            # Asked twice: only execute() says in its errors where in the query they are.
            rows = database.execute(self._query).fetchall()
            answer: pa.Table = database.sql(self._query).to_arrow_table()
        except duckdb.Error as problem:
            raise self._named(problem) from problem
        finally:
            database.close()
        if rows:
            raise aggregate()
        return answer.schema

    def _answer(self, database: duckdb.DuckDBPyConnection, batch: pa.Table) -> pa.Table:
        try:
            with stopped_after(database, self._seconds_max):
                database.register("input", batch)
                answer: pa.Table = database.sql(self._query).to_arrow_table()
                return answer
        except duckdb.InterruptException as problem:
            raise WrongInput(
                "sql_too_slow",
                f"The selection or filter worked on one batch of rows for more than {self._seconds_max:g} s.",
                hint="Simplify it.",
                field="select",
            ) from problem
        except duckdb.Error as problem:
            raise WrongInput(
                "sql_failed",
                f"The selection or filter does not fit the data: {_first_line(problem)}",
                hint="TRY_CAST gives NULL for what does not fit.",
                field="select",
            ) from problem

    def _named(self, problem: duckdb.Error) -> WrongInput:
        message = str(problem)
        part, position = place_in(self._parts, message)
        if "must appear in the GROUP BY" in message:
            return aggregate()
        if is_statement(self._parts[part]) and position == 1:
            return statement(part)
        if function := _UNKNOWN_FUNCTION.search(message):
            return unknown_function(part, position, function.group(1), message)
        unknown = _UNKNOWN_COLUMN.search(message)
        if unknown is None:
            return invalid(part, position, _first_line(problem))
        return unknown_column(part, position, unknown.group(1) or unknown.group(2), self._columns)


def unknown_column(part: Part, position: int, name: str, columns: list[str]) -> WrongInput:
    by_lower = {column.lower(): column for column in columns}
    near = [by_lower[match] for match in difflib.get_close_matches(name.lower(), by_lower, n=3)]
    return WrongInput(
        "unknown_column",
        f'There is no column "{name}" (character {position} of the {"selection" if part == "select" else "filter"}).',
        hint=f"Did you mean {' or '.join(near)}?" if near else f"The columns are {', '.join(columns[:12])} …",
        field=part,
    )


def unknown_function(part: Part, position: int, name: str, message: str) -> WrongInput:
    near = difflib.get_close_matches(name.lower(), OURS, n=1) or _MEANT.findall(message)
    return WrongInput(
        "sql_invalid",
        f"There is no function {name}() (character {position} of the {'selection' if part == 'select' else 'filter'}).",
        hint=f"Did you mean {near[0]}?" if near else "Those of DuckDB are there, and hashed(x) and masked(x).",
        field=part,
    )


def _first_line(problem: duckdb.Error) -> str:
    return str(problem).splitlines()[0].partition(": ")[2][:300]


def _of_good_size(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    kept: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        kept.append(batch)
        rows += batch.num_rows
        if rows >= ROWS_AT_ONCE:
            yield pa.Table.from_batches(kept)
            kept, rows = [], 0
    if rows:
        yield pa.Table.from_batches(kept)
