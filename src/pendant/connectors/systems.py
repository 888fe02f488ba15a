"""Targets in another system: which connection leads there, and what a destination needs to use it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pendant.egress.door import Branch, Egress
from pendant.errors import WrongInput
from pendant.model.connection import Connection

_POSTGRESQL = re.compile(r"postgresql:(?P<connection>[^#]+)(?:#(?:(?P<schema>[^.]+)\.)?(?P<table>.+))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """A target as its text says it. `application` names the connector its connection must belong to."""

    application: str
    connection: str
    schema: str = ""
    table: str = ""


@dataclass(frozen=True, slots=True)
class System:
    """The other system of a target. `scratch` is a folder of this installation in which rows wait."""

    connection: Connection
    way_out: Egress | Branch
    scratch: Path


def place_of(target: str) -> Place | None:
    """Return where in another system a target is, or None for one on this machine."""
    if not target.lower().startswith("postgresql:"):
        return None
    found = _POSTGRESQL.fullmatch(target)
    if found is None or target.lower().startswith("postgresql://"):
        raise WrongInput(
            "unknown_target",
            "A table of PostgreSQL is named by a connection, and the target names none.",
            hint="Create a connection to PostgreSQL, and write postgresql:ITS NAME#schema.table.",
            field="target",
        )
    return Place("postgresql", found["connection"].strip(), found["schema"] or "public", found["table"] or "")
