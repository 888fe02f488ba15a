"""How a secret reaches the command line: standard input, a file or a question; no argument, no environment."""

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


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class PasswordOptions:
    password_stdin: Annotated[
        bool, Parameter(name="--password-stdin", negative="", help="Read the new password from standard input.")
    ] = False
    password_file: Annotated[
        Path | None,
        Parameter(name="--password-file", help="Read it from this file. Without both, you are asked for it."),
    ] = None


def read_token(options: TokenOptions) -> str | None:
    """Return what was entered, without the line break that ends a line, or None when the question was left."""
    return _read("token", from_stdin=options.token_stdin, file=options.token_file)


def read_password(options: PasswordOptions) -> str:
    return _read("password", from_stdin=options.password_stdin, file=options.password_file) or ""


def _read(what: str, *, from_stdin: bool, file: Path | None) -> str | None:
    if from_stdin and file:
        raise WrongInput(
            f"{what}_twice",
            f"Both --{what}-stdin and --{what}-file are given.",
            hint="Keep one.",
            field=what,
        )
    if file:
        return _line(_content(file, what))
    if from_stdin:
        return _line(sys.stdin.buffer.read(_BYTES_MAX))
    if sys.stdin.isatty():
        return _asked(what)
    raise WrongInput(
        f"{what}_required",
        f"No {what} is given, and there is no terminal to ask for it.",
        hint=f"Give it with --{what}-stdin or --{what}-file FILE.",
        field=what,
    )


def _asked(what: str) -> str | None:
    try:
        return getpass.getpass(f"{what.capitalize()} (not shown): ", stream=sys.stderr)
    except EOFError:
        return None


def _content(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_BYTES_MAX)
    except OSError as problem:
        raise WrongInput(
            f"{what}_file_unreadable",
            f"The {what} file {path} cannot be read ({problem.strerror}).",
            hint="Correct the path or its permissions.",
            field=what,
        ) from None


def _line(content: bytes) -> str:
    text = content.decode("utf-8", errors="replace")
    return text.removesuffix("\n").removesuffix("\r")
