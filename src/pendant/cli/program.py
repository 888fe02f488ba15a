"""The whole command line: which words exist, and what becomes of an error."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cyclopts import App as Program
from cyclopts import CycloptsError, Group, Parameter

from pendant.cli.output import Output
from pendant.cli.usage import usage_error
from pendant.errors import PendantError

INTERRUPTED = 130

_NOUNS = {
    "connections": (
        "pendant.cli.connections:connections",
        "Create, list, show, edit, clone, test and delete connections.",
    ),
    "exports": (
        "pendant.cli.stored_exports:exports",
        "Create, list, show, edit, delete, plan, preview and run stored exports.",
    ),
    "runs": ("pendant.cli.runs:runs", "List and show what was exported, and how it went."),
    "resources": ("pendant.cli.resources:resources", "List what can be exported, and from which connector."),
    "connectors": ("pendant.cli.connectors:connectors", "List what kinds of systems there are connections to."),
    "users": ("pendant.cli.users:users", "List who may sign in, and set a password."),
    "tokens": ("pendant.cli.tokens:tokens", "Create, list and revoke API tokens."),
    "vault": ("pendant.cli.vault:vault", "Show whether the stored tokens can be opened."),
}


def program(version: str) -> Program:
    """Return the command line. Its commands are imported when they are used, so that help comes at once."""
    root = Program(
        name="pendant",
        help="Connections, exports and imports for Pendo that you host yourself.",
        help_format="plaintext",
        default_parameter=Parameter(show_default=False),
        version=version,
        help_epilogue="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 finished with record errors.",
    )
    root["--help"].group = root["--version"].group = Group("About", sort_key=9)
    root.command("pendant.cli.exports:export", name="export", help="Export a resource of a connection to a file.")
    for name, (place, summary) in _NOUNS.items():
        root.command(place, name=name, help=summary)
    root.command("pendant.cli.metrics:metrics", name="metrics", help="Print figures of all runs for Prometheus.")
    root.command("pendant.cli.demo:demo", name="demo", help="Show the whole path against a local Pendo simulator.")
    return root


def execute(commands: Program, arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. An error a person can act on never shows a traceback."""
    output = Output(as_json="--json" in arguments)
    try:
        code = commands(
            list(arguments), exit_on_error=False, print_error=False, verbose=False, result_action="return_value"
        )
    except CycloptsError as problem:
        output.error(usage_error(problem))
        return 2
    except PendantError as problem:
        output.error(problem)
        return problem.exit_code
    except BrokenPipeError:
        raise
    except Exception as problem:  # noqa: BLE001 - the last net, for what went wrong before there was a log
        what = f"Something went wrong that should not have: {type(problem).__name__}."
        output.error(PendantError("unexpected", what))
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return INTERRUPTED
    return code if isinstance(code, int) else 0
