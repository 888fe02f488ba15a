"""Targets in another system: which connection leads there, and what a destination needs to use it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pendant.egress.door import Branch, Egress
from pendant.errors import WrongInput
from pendant.model.connection import Connection

_POSTGRESQL = re.compile(
    r"postgresql:(?P<connection>[^#]+)(?:#(?:(?P<schema>[^.]+)\.)?(?P<table>.+))?", re.DOTALL | re.IGNORECASE
)
_S3 = re.compile(
    r"s3://(?:(?P<connection>.+?)@)?(?P<bucket>[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])/(?P<key>.+)",
    re.DOTALL | re.IGNORECASE,
)
LOADED_INTO = frozenset({"postgresql", "s3"})
_NOT_BUILT = {"gs": "gcs", "az": "azure", "abfs": "azure", "iceberg": "iceberg", "dlt": "dlt"}


@dataclass(frozen=True, slots=True)
class Place:
    """A target as its text says it. `application` names the connector its connection must belong to; an empty
    `connection` stands for the only one there is. `container` is a schema or bucket, `name` a table or key.
    """

    application: str
    connection: str
    container: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class System:
    """The other system of a target. `scratch` is a folder of this installation in which rows wait."""

    connection: Connection
    way_out: Egress | Branch
    scratch: Path


def place_of(target: str) -> Place | None:
    """Return where in another system a target is, or None for one on this machine."""
    kind = target.partition(":")[0].lower()
    if kind == "postgresql":
        return _table(target)
    if kind == "s3":
        return _object(target)
    if kind in _NOT_BUILT and target[len(kind) :].startswith("://"):
        raise WrongInput(
            "target_not_built",
            f"Targets that begin with {kind}:// belong to the extra {_NOT_BUILT[kind]}, which is not built yet.",
            hint="Export to Parquet files, to s3://, or to PostgreSQL, and load it from there.",
            field="target",
        )
    return None


def _table(target: str) -> Place:
    found = _POSTGRESQL.fullmatch(target)
    if found is None or target[len("postgresql:") :].startswith("//"):
        raise WrongInput(
            "unknown_target",
            "A table of PostgreSQL is named by a connection, and the target names none.",
            hint="Create a connection to PostgreSQL, and write postgresql:ITS NAME#schema.table.",
            field="target",
        )
    return Place("postgresql", found["connection"].strip(), found["schema"] or "public", found["table"] or "")


def _object(target: str) -> Place:
    found = _S3.fullmatch(target)
    if found is None or any(part in ("", ".", "..") for part in found["key"].removesuffix("/").split("/")):
        raise WrongInput(
            "unknown_target",
            f"{target} names no object in a bucket.",
            hint="Write s3://bucket/folder/file.parquet, or s3://CONNECTION@bucket/… where there are several.",
            field="target",
        )
    return Place("s3", (found["connection"] or "").strip(), found["bucket"], found["key"])
