"""Libraries that come with an extra of the package: imported when they are needed, and named when they are missing."""

from __future__ import annotations

import os
from typing import Any

from pendant.errors import SetupProblem


def delta_library() -> Any:
    """Return the module deltalake. Raises SetupProblem (`extra_missing`), like the others."""
    try:
        import deltalake  # noqa: PLC0415 - an extra
    except ImportError:
        raise _missing("delta") from None
    return deltalake


def dlt_library() -> Any:
    """Return the module dlt, whose telemetry is off unless somebody has turned it on."""
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    try:
        import dlt  # noqa: PLC0415 - an extra
    except ImportError:
        raise _missing("dlt") from None
    return dlt


def _missing(extra: str) -> SetupProblem:
    return SetupProblem(
        "extra_missing",
        f"This needs the extra {extra}, which is not installed here.",
        hint=f"Install it: pip install 'pendant[{extra}]'.",
    )
