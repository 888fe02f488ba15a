"""How a token reaches the command line: standard input, a file or a question; no argument, no environment."""

from __future__ import annotations

import getpass
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pendant.errors import WrongInput

# More than any token, and little enough to read without a thought.
_BYTES_MAX = 64 * 1024


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class TokenOptions:
    token_stdin: Annotated[
        bool, Parameter(name="--token-stdin", negative="", help="Read the token from standard input.")
    ] = False
    token_file: Annotated[
        Path | None,
        Parameter(name="--token-file", help="Read the token from this file. Without both, you are asked for it."),
    ] = None


def read_token(options: TokenOptions) -> str | None:
    """Return what was entered, without the line break that ends a line, or None when there is nowhere to ask."""
    if options.token_stdin and options.token_file:
        raise WrongInput(
            "token_twice",
            "Both --token-stdin and --token-file are given.",
            hint="Keep one.",
            field="token",
        )
    if options.token_file:
        return _line(_file(options.token_file))
    if options.token_stdin:
        return _line(sys.stdin.buffer.read(_BYTES_MAX))
    if sys.stdin.isatty():
        return _asked()
    raise WrongInput(
        "token_required",
        "No token is given, and there is no terminal to ask for it.",
        hint="Give it with --token-stdin or --token-file FILE.",
        field="token",
    )


def _asked() -> str | None:
    try:
        return getpass.getpass("Token (not shown): ", stream=sys.stderr)
    except EOFError:
        return None


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_BYTES_MAX)
    except OSError as problem:
        raise WrongInput(
            "token_file_unreadable",
            f"The token file {path} cannot be read ({problem.strerror}).",
            hint="Correct the path or its permissions.",
            field="token",
        ) from None


def _line(content: bytes) -> str:
    text = content.decode("utf-8", errors="replace")
    return text.removesuffix("\n").removesuffix("\r")
