"""What the command line prints: tables and sentences for people, JSON for programs, errors for both.

With --json, standard output holds exactly one JSON document, be it the result or {"error": …}; without it,
results go to standard output and errors, questions and progress to standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pendant.errors import PendantError
from pendant.model.run import Note

_PIPE_WIDTH = 250


def printable(value: object) -> str:
    """Return text that cannot move the cursor or recolour a terminal, whatever another system put into it."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in str(value))


@dataclass(frozen=True, slots=True)
class Output:
    as_json: bool = False

    def result(self, value: Any) -> None:
        """Print the machine-readable result; only with --json."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[str] = ()) -> None:
        """Print aligned columns; those named in `numbers` stand to the right."""
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for column in columns:
            table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text(printable("" if cell is None else cell)) for cell in row))
        _print(table)

    def facts(self, pairs: Iterable[tuple[str, object]]) -> None:
        """Print one fact a line: what it is, and its value."""
        table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in pairs:
            table.add_row(name, Text(printable("" if value is None else value)))
        _print(table)

    def say(self, sentence: str) -> None:
        """Print a sentence for people, on standard output."""
        sys.stdout.write(printable(sentence) + "\n")

    def remark(self, sentence: str) -> None:
        """Print a sentence beside the result, on standard error."""
        sys.stderr.write(printable(sentence) + "\n")

    def error(self, problem: PendantError) -> None:
        if self.as_json:
            self.result({"error": error_shape(problem)})
            return
        said = Text.assemble(("Error:", "bold red"), f" {printable(problem.message)}\n")
        if problem.hint:
            said.append(f"  {printable(problem.hint)}\n")
        said.append(f"  [{problem.code}]", "dim")
        console(sys.stderr).print(said, soft_wrap=True)


def note_text(note: Note) -> str:
    """Return a note as one sentence; of several alike, one is the example."""
    more = f" (and {note.count - 1:,} more like it)" if note.count > 1 else ""
    return f"Note: {note.message}{more} [{note.code}]"


def error_shape(problem: PendantError) -> dict[str, Any]:
    return {
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
        "field": problem.field,
    }


def console(stream: Any) -> Console:
    """Return a console that fits the terminal, or one wide enough to cut nothing when the stream is no terminal."""
    return Console(file=stream, highlight=False, width=None if stream.isatty() else _PIPE_WIDTH)


def _print(table: Table) -> None:
    """Print without the spaces that fill the last column, which only disturb whoever copies or compares."""
    terminal = console(sys.stdout)
    with terminal.capture() as printed:
        terminal.print(table)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in printed.get().splitlines()))
