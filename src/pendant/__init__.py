"""Connections, exports and imports for Pendo that you host yourself.

From a Python program:

    with pendant.open() as installation:
        table = installation.export("visitors", connection="Production").read_all()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pendant.version import __version__

if TYPE_CHECKING:
    from pendant.library.installation import Installation

__all__ = ["__version__", "open"]


def open() -> Installation:  # noqa: A001 - read as pendant.open()
    """Open the installation that the PENDANT_ settings name."""
    from pendant.library.installation import open_installation  # noqa: PLC0415 - `import pendant` stays light

    return open_installation()
