"""Options that say more closely what is read; they belong to some resources only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pendant.errors import WrongInput

Ids = Annotated[
    list[str] | None,
    Parameter(
        name="--id",
        negative="",
        help="Only what belongs to this visitor, guide, report or segment, where each is asked for by itself; "
        "may be repeated.",
    ),
]
PipelineFile = Annotated[
    Path | None,
    Parameter(name="--pipeline", help="File with the JSON list of stages that the resource aggregation reads."),
]


def pipeline_in(file: Path | None) -> str:
    """Return the text of the file, or nothing without one; raise WrongInput where it cannot be read."""
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise WrongInput(
            "pipeline_unreadable",
            f"The pipeline file {file} cannot be read ({type(problem).__name__}).",
            hint="Give the path of a text file in UTF-8.",
            field="pipeline",
        ) from None
