"""The query that is run, and where in what somebody wrote an error of DuckDB points."""

from __future__ import annotations

import re
import unicodedata

from pendant.transform.syntax import Part

_POINTER = re.compile(r"^LINE (\d+): (.*)\n( *)\^", re.MULTILINE)


def whole_query(parts: dict[Part, str]) -> str:
    """Both parts stand on lines of their own: a comment at the end of one ends there."""
    return f"SELECT\n{parts['select']}\nFROM input WHERE\n{parts['filter']}\n"


def place_in(parts: dict[Part, str], message: str) -> tuple[Part, int]:
    """Return the part and the character in it, counted from 1, at which an error message points."""
    pointer = _POINTER.search(message)
    if pointer is None:
        return ("filter" if "WHERE clause" in message else "select"), 1
    number = int(pointer.group(1))
    # DuckDB leaves out the beginning of a long line; then only the line is known.
    column = 0 if pointer.group(2).startswith("...") else len(pointer.group(3)) - len(f"LINE {number}: ")
    lines_of_select = parts["select"].count("\n") + 1
    part: Part = "select" if number < lines_of_select + 2 else "filter"
    row = number - 2 if part == "select" else number - lines_of_select - 3
    lines = parts[part].split("\n")
    return part, sum(len(line) + 1 for line in lines[:row]) + _characters(lines[row], column) + 1


def _characters(line: str, width: int) -> int:
    """Count the characters that take `width` on a terminal, by which DuckDB sets its pointer."""
    for count, character in enumerate(line):
        if width <= 0:
            return count
        width -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return len(line)
