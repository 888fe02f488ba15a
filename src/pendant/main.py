"""The entry point of `pendant`."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from pendant.cli.program import execute, program
from pendant.process import harden, save_memory, share_interpreter
from pendant.version import __version__

TERMINATED = 143


def run() -> NoReturn:
    harden()
    save_memory()
    share_interpreter()
    signal.signal(signal.SIGTERM, _leave)
    commands = program(__version__)
    commands.command("pendant.serving:serve_command", name="serve", help="Serve the web app and the API.")
    try:
        code = execute(commands, sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has enough; nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    """End like on an error, so that everything that was opened is closed."""
    raise SystemExit(TERMINATED)
