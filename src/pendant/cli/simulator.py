"""A simulator of Pendo as a child process, or one that already runs. It is only known by what it prints."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pendant.errors import SetupProblem

_SECONDS_TO_END = 5


@dataclass(frozen=True, slots=True)
class Simulator:
    """`api` and `control` are addresses; the key is made for this one simulator and worth nothing elsewhere."""

    api: str
    control: str
    key: str = field(repr=False)


@contextmanager
def running_simulator(ready: Path | None, options: tuple[str, ...]) -> Iterator[Simulator]:
    """Give the simulator whose ready line the file `ready` holds, or start one and stop it afterwards."""
    if ready is not None:
        yield _parsed(_first_line_of(ready))
        return
    command = [sys.executable, "-m", "pendosim", "serve", *options]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own interpreter, no shell
    try:
        assert child.stdout is not None
        yield _parsed(child.stdout.readline())
    finally:
        _stop(child)


def _stop(child: subprocess.Popen[str]) -> None:
    child.terminate()
    try:
        child.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stdout is not None:
        child.stdout.close()


def _first_line_of(path: Path) -> str:
    if str(path) == "-":
        return sys.stdin.readline()
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline()
    except OSError as problem:
        raise _not_ready(f"the file {path} cannot be read ({problem.strerror})") from None


def _parsed(line: str) -> Simulator:
    try:
        ready: dict[str, Any] = json.loads(line)
        return Simulator(api=ready["api"], control=ready["control"], key=ready["key"])
    except (ValueError, KeyError, TypeError):
        raise _not_ready("it did not print its line of JSON with api, control and key") from None


def _not_ready(why: str) -> SetupProblem:
    return SetupProblem(
        "simulator_not_ready",
        f"There is no simulator to show the demo with: {why}.",
        hint="Install pendosim beside pendant, or name the file that holds its first line with --simulator-json.",
    )
