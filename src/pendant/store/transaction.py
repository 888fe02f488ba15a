"""What a function of the store reads and writes through; opaque to whoever passes it on."""

from __future__ import annotations

from sqlalchemy import Connection

__all__ = ["Transaction"]

Transaction = Connection
