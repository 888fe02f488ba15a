"""Connections, exports and imports for Pendo that you host yourself.

From a Python program:

    with pendant.open() as installation:
        table = installation.export("visitors", connection="Production").read_all()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pendant.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pendant.library.installation import Installation

__all__ = ["__version__", "dlt_source", "open"]


def open() -> Installation:  # noqa: A001 - read as pendant.open()
    """Open the installation that the PENDANT_ settings name."""
    from pendant.library.installation import open_installation  # noqa: PLC0415 - `import pendant` stays light

    return open_installation()


def dlt_source(resources: Sequence[str], *, connection: str, since: datetime | None = None) -> Any:
    """Return Pendo as a source of dlt; needs the extra dlt. See docs/python.md."""
    from pendant.library import dlt_source as face  # noqa: PLC0415 - `import pendant` stays light

    return face.dlt_source(resources, connection=connection, since=since)
