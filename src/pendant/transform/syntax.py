"""What a selection or filter may say, judged on its syntax tree before anything is run.

Allowed is whatever turns one row into one row (or, with unnest, into several): expressions over the columns of
`input`. The tree is DuckDB's own (json_serialize_sql), so what is judged is what will be run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from pendant.errors import WrongInput

Part = Literal["select", "filter"]
Node = dict[str, Any]

LENGTH_MAX = 20_000
REPEAT_MAX = 10_000

_TITLES: dict[Part, str] = {"select": "The selection", "filter": "The filter"}
_PREFIXES: dict[Part, str] = {"select": "SELECT ", "filter": "SELECT 1 WHERE "}
_STATEMENTS = re.compile(
    r"\s*(alter|attach|call|checkpoint|comment|copy|create|delete|describe|detach|drop|execute|explain|export|from|"
    r"import|insert|install|load|merge|pivot|pragma|prepare|reset|select|set|show|summarize|truncate|unpivot|"
    r"update|use|vacuum|values|with)\b",
    re.IGNORECASE,
)
# Functions that look at files, settings or DuckDB itself. The locked DuckDB refuses them too; this says it plainly.
_OUTSIDE = re.compile(
    r"read_\w+|\w+_scan|sniff_csv|glob|getenv|current_setting|getvariable|duckdb_\w+|pragma_\w+|query\w*"
)
# What these make has the size of an argument, which DuckDB's memory limit does not see.
_REPEATING = {
    "repeat": 1,
    "lpad": 1,
    "rpad": 1,
    "range": -1,
    "generate_series": -1,
    "list_resize": 1,
    "array_resize": 1,
}
_OTHER_CLAUSES = ("group_expressions", "group_sets", "having", "qualify", "sample", "modifiers")


def query_of(part: Part, text: str) -> str:
    """Return a statement that holds nothing but the selection or filter. A comment ends with its line."""
    return f"{_PREFIXES[part]}{text}\n"


def check_text(part: Part, text: str) -> None:
    if len(text) > LENGTH_MAX or "\0" in text:
        raise refused(part, f"{_TITLES[part]} is longer than {LENGTH_MAX} characters or holds a NUL character.")


def check_tree(part: Part, text: str, tree: Node) -> list[Node]:
    """Return the expressions of a harmless tree, or raise WrongInput."""
    if tree["error"]:
        raise _unreadable(part, text, tree)
    if len(tree["statements"]) != 1:
        raise refused(part, f"{_TITLES[part]} holds several statements; one list of expressions is wanted.")
    node = tree["statements"][0]["node"]
    clauses = [clause for clause in _OTHER_CLAUSES if node.get(clause)]
    if node["type"] != "SELECT_NODE" or clauses or node["from_table"]["type"] != "EMPTY":
        raise statement(part)
    if part == "select" and "where_clause" in node:
        raise refused(part, "A WHERE clause does not belong into the selection; it is the filter.")
    expressions = node["select_list"] if part == "select" else [node["where_clause"]]
    for found in _nodes(expressions):
        _check_node(part, found)
    return list(expressions)


def calls(tree: list[Node], function: str) -> bool:
    """Say whether a function of that name is called anywhere in it."""
    return any(str(node.get("function_name", "")).lower() == function for node in _nodes(tree))


def position_of(part: Part, text: str, byte_offset: int) -> int:
    """Turn DuckDB's offset, in bytes of `query_of`, into a character of `text`, counted from 1."""
    before = query_of(part, text).encode()[:byte_offset].decode(errors="ignore")
    return max(1, len(before) - len(_PREFIXES[part]) + 1)


def is_statement(text: str) -> bool:
    """Say whether it begins with a word that begins a statement."""
    return _STATEMENTS.match(text) is not None


def refused(part: Part, message: str) -> WrongInput:
    return WrongInput(
        "sql_refused",
        message,
        hint="Write expressions over the columns of one row, such as: visitorId, lower(agent_email) AS email.",
        field=part,
    )


def invalid(part: Part, position: int, what: str) -> WrongInput:
    return WrongInput(
        "sql_invalid",
        f"{_TITLES[part]} cannot be understood at character {position}: {what}.",
        hint="It is DuckDB's SQL: texts stand in single quotes, odd column names in double quotes.",
        field=part,
    )


def statement(part: Part) -> WrongInput:
    return refused(part, f"{_TITLES[part]} holds a statement or clause of its own; only expressions are allowed.")


def aggregate() -> WrongInput:
    return refused("select", "The selection uses an aggregate such as count() or sum(); rows are handled one by one.")


def _unreadable(part: Part, text: str, tree: Node) -> WrongInput:
    if tree.get("error_type") == "not implemented" or is_statement(text):
        return statement(part)
    position = position_of(part, text, int(tree.get("position", 0)))
    return invalid(part, position, str(tree["error_message"]))


def _check_node(part: Part, node: Node) -> None:
    kind = node.get("class")
    if kind == "SUBQUERY":
        raise refused(part, f"{_TITLES[part]} holds a query inside; an expression sees one row and nothing else.")
    if kind == "WINDOW":
        raise refused(
            part, f"{_TITLES[part]} uses a window function; rows are handled batch by batch, so it would be wrong."
        )
    if kind == "PARAMETER":
        raise refused(part, f"{_TITLES[part]} holds a parameter (? or $1), for which there is no value.")
    if kind == "FUNCTION":
        _check_function(part, node)


def _check_function(part: Part, node: Node) -> None:
    name = str(node["function_name"]).lower()
    if _OUTSIDE.fullmatch(name):
        raise refused(part, f"{_TITLES[part]} calls {name}(), which looks outside of the row.")
    if name in _REPEATING:
        arguments = [argument["expression"] for argument in node.get("arguments", [])]
        counts = arguments if _REPEATING[name] < 0 else arguments[_REPEATING[name] : _REPEATING[name] + 1]
        inner = {str(found.get("function_name")).lower() for found in _nodes(arguments)}
        if not all(map(_is_small, counts)) or inner & _REPEATING.keys():
            raise refused(
                part, f"{_TITLES[part]} calls {name}() with a length that is not a number up to {REPEAT_MAX}."
            )


def _is_small(node: Node) -> bool:
    text = str(node.get("literal", {}).get("text", ""))
    return text.isdecimal() and int(text) <= REPEAT_MAX


def _nodes(value: Any) -> Iterator[Node]:
    """Every node of a tree, the outer ones first."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _nodes(inner)
