"""The question before something is deleted."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

Yes = Annotated[bool, Parameter(name="--yes", negative="", help="Do not ask; never asked without a terminal.")]


def confirmed(kind: str, name: str) -> bool:
    """Ask on a terminal whether this is really to be deleted; without one there is nobody to ask."""
    if not sys.stdin.isatty():
        return True
    sys.stderr.write(f"Delete {kind} {name}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
