"""A staged test report, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pendant.cli.output import Output
from pendant.model.connection import TestStage

_MARKS = {"ok": "✓", "failed": "✗", "warning": "!", "skipped": "-"}


def shown_stages(output: Output, stages: Iterable[TestStage]) -> Iterator[TestStage]:
    """Yield the stages on, and print each as it comes unless the result is for a program."""
    for stage in stages:
        show_stage(output, stage)
        yield stage


def show_stage(output: Output, stage: TestStage) -> None:
    if output.as_json:
        return
    output.say(f"  {_MARKS[stage.outcome]} {stage.title}{': ' if stage.detail else ''}{stage.detail}")
    if stage.hint and stage.outcome in ("failed", "warning"):
        output.say(f"      {stage.hint}")
