"""What a database has to offer so that rows can be loaded into a table of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the database has it: `type` is the name the database itself gives to the type, and empty for one that
    holds nothing and therefore fits every type.
    """

    name: str
    type: str


class Dialect(Protocol):
    """How one kind of database says things. Types are its own names, as `column_type` and its catalogue give them."""

    @property
    def row_number(self) -> str:
        """The hidden column that grows from row to row of the staged table."""
        ...

    @property
    def order(self) -> str:
        """What makes a query of the staged table give its rows in order; empty where it does so anyway."""
        ...

    @property
    def integers(self) -> Sequence[str]:
        """Types of whole numbers, each holding those before it."""
        ...

    @property
    def numbers(self) -> Sequence[str]:
        """Binary floating types, each holding those before it."""
        ...

    @property
    def text(self) -> str:
        """The type that holds the text of everything."""
        ...

    def column_type(self, field: pa.Field) -> str:  # type: ignore[type-arg]  # stubs want a parameter nobody has
        """Return the type of a new column for `field`, as the staged table has it too; empty where it holds nothing."""
        ...

    def same_name(self, name: str) -> str:
        """Return the form in which two names of columns are compared."""
        ...

    def cast(self, expression: str, old: str, new: str) -> str:
        """Return `expression`, of the type `old`, as a value of the type `new` that says the same."""
        ...

    def moment(self, milliseconds: int) -> str:
        """Return a point in time as it is compared with a column of times."""
        ...

    def widen(self, table: str, column: Column, wider: str) -> Sequence[str]:
        """Return the statements that give `column` the type `wider`, values included."""
        ...


class Session(Protocol):
    """An open transaction on the database that holds the target table."""

    @property
    def dialect(self) -> Dialect: ...

    def execute(self, statement: str) -> None: ...

    def number(self, query: str) -> int:
        """Return the one number a query gives."""
        ...

    def columns(self) -> list[Column]:
        """Return the columns of the target table in order; none when it does not exist."""
        ...


MARKS = "pendant_loads"


def quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


def literal(text: str) -> str:
    return "'{}'".format(text.replace("'", "''"))
