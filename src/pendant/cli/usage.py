"""A command line that does not parse, as an error like any other.

Words that stand where none is expected are not repeated: one of them may be a token.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from cyclopts import CycloptsError, UnknownCommandError, UnknownOptionError, UnusedCliTokensError

from pendant.errors import WrongInput

_TOKEN_OPTIONS = frozenset({"--token", "--key", "--secret", "--password"})


def usage_error(problem: CycloptsError) -> WrongInput:
    if isinstance(problem, UnknownOptionError):
        return _unknown_option(problem)
    if isinstance(problem, UnknownCommandError):
        return _unknown_command(problem)
    if isinstance(problem, UnusedCliTokensError):
        return WrongInput("usage", "There is a word too many on the command line.", hint=_see_help(problem))
    return WrongInput("usage", " ".join(str(problem).split()), hint=_see_help(problem))


def _unknown_option(problem: UnknownOptionError) -> WrongInput:
    known = [name for argument in problem.argument_collection for name in argument.names]
    return _unknown("option", problem.token.keyword or problem.token.value, known, problem)


def _unknown_command(problem: UnknownCommandError) -> WrongInput:
    word = (problem.unused_tokens or [""])[0]
    return _unknown("option" if word.startswith("-") else "command", word, list(problem.app or ()), problem)


def _unknown(kind: str, word: str, known: list[str], problem: CycloptsError) -> WrongInput:
    name = word.partition("=")[0]
    if name in _TOKEN_OPTIONS:
        return WrongInput(
            "usage",
            f"There is no option {name}: an argument can be read by every user of this machine.",
            hint="Give the token with --token-stdin or --token-file FILE, and replace the one you just typed.",
            field="token",
        )
    return WrongInput("usage", f"There is no {kind} {name} here.{_near(name, known)}", hint=_see_help(problem))


def _near(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean {near[0]}?" if near else ""


def _see_help(problem: CycloptsError) -> str:
    return f"`{' '.join(['pendant', *(problem.command_chain or ())])} --help` shows what is possible."
