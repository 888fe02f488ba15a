"""The staged report of Test connection, as it grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pendant.model.connection import StageOutcome, TestReport, TestStage

_ICONS: dict[StageOutcome, str] = {"ok": "check", "failed": "close", "skipped": "skip", "warning": "alert"}


@dataclass(frozen=True, slots=True)
class StageLine:
    name: str
    title: str
    outcome: StageOutcome
    detail: str
    hint: str
    icon: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """`state` is running, ok or failed."""

    state: str
    title: str
    aside: str
    stages: tuple[StageLine, ...]

    @property
    def tone(self) -> str:
        return {"ok": "good", "failed": "bad"}.get(self.state, "calm")


def running(stages: Sequence[TestStage]) -> ReportView:
    return ReportView("running", "Testing the connection", "", _lines(stages))


def ended(stages: Sequence[TestStage], aside: str = "") -> ReportView:
    failed = [stage for stage in stages if stage.outcome == "failed"]
    if failed or not stages:
        return ReportView("failed", "The connection does not work", aside, _lines(stages))
    if any(stage.outcome == "warning" for stage in stages):
        return ReportView("ok", "The connection works, with a remark", aside, _lines(stages))
    return ReportView("ok", "The connection works", aside, _lines(stages))


def stored(report: TestReport | None, aside: str) -> ReportView | None:
    return ended(report.stages, aside) if report else None


def growing(stages: Iterator[TestStage]) -> Iterator[ReportView]:
    """Yield the report anew after each stage, and once more when it has ended."""
    seen: list[TestStage] = []
    yield running(seen)
    for stage in stages:
        seen.append(stage)
        yield running(seen)
    yield ended(seen)


def _lines(stages: Sequence[TestStage]) -> tuple[StageLine, ...]:
    return tuple(
        StageLine(stage.name, stage.title, stage.outcome, stage.detail, stage.hint, _ICONS[stage.outcome])
        for stage in stages
    )
