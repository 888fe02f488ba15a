"""A pipeline that somebody wrote: JSON that is checked before it is sent, with places for the window of time."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pendant.connectors.pendo.query import Stage
from pendant.errors import WrongInput

TEXT_MAX = 200_000
_NESTED_MAX = 10

# What only looks at one row at a time: doing it to parts gives the parts of doing it to the whole.
_ROW_BY_ROW = frozenset(
    [
        "filter",
        "identified",
        "select",
        "eval",
        "set",
        "cat",
        "unwind",
        "unmarshal",
        "switch",
        "useragent",
        "expand",
        "bulkExpand",
        "expandList",
        "segment",
        "pages",
        "features",
        "matchRules",
        "itemSeen",
    ]
)
_OPERATORS = _ROW_BY_ROW | frozenset(
    [
        "source",
        "spawn",
        "fork",
        "join",
        "merge",
        "sort",
        "limit",
        "skip",
        "count",
        "reduce",
        "group",
        "retention",
        "sessionReplays",
    ]
)
_BUCKETS = {"dayRange": "day", "hourRange": "hour"}
_ITERATIVE = frozenset({"hourly", "daily", "weekly", "monthly", "quarterly"})
_PLACE = re.compile(r":(since|until)\b")


@dataclass(frozen=True, slots=True)
class PipelineText:
    """Stages with `:since` and `:until` in them: the first and the last millisecond of the window."""

    stages: tuple[Stage, ...]

    @property
    def takes_times(self) -> bool:
        return _PLACE.search(json.dumps(self.stages)) is not None

    def within(self, since: int, until: int) -> list[Stage]:
        """Return the stages for the times [since, until) in ms."""
        filled = _filled(list(self.stages), {"since": since, "until": until - 1})
        assert isinstance(filled, list)
        return filled

    @property
    def can_be_sliced(self) -> bool:
        """Say whether the rows of a span are those of its days, one after the other."""
        first = self.stages[0].get("source")
        series = self.stages[0].get("timeSeries") or (first.get("timeSeries") if isinstance(first, dict) else None)
        if not isinstance(series, dict) or (series.get("first"), series.get("last")) != (":since", ":until"):
            return False
        bucket = _BUCKETS.get(str(series.get("period")))
        return bucket is not None and all(_keeps_buckets_apart(stage, bucket) for stage in self.stages[1:])


def pipeline_of(text: str) -> PipelineText:
    """Raise WrongInput `pipeline_invalid` for what Pendo would refuse or what is no pipeline."""
    if len(text) > TEXT_MAX:
        raise _invalid(f"The pipeline has more than {TEXT_MAX:,} characters.")
    try:
        stages = json.loads(text)
    except (ValueError, RecursionError) as problem:
        where = (
            f" at line {problem.lineno}, character {problem.colno}" if isinstance(problem, json.JSONDecodeError) else ""
        )
        raise _invalid(f"The pipeline is not JSON{where}.") from None
    _check(stages, "The pipeline", 0)
    return PipelineText(tuple(stages))


def _check(stages: Any, what: str, depth: int) -> None:
    if not isinstance(stages, list) or not stages:
        raise _invalid(f"{what} is not a list of stages.")
    if depth > _NESTED_MAX:
        raise _invalid("Pipelines stand inside one another too deeply.")
    for number, stage in enumerate(stages, start=1):
        where = f"stage {number}" if depth == 0 else f"stage {number} of an inner pipeline"
        name = _operator(stage, where)
        if (name in ("source", "spawn")) != (number == 1):
            raise _invalid(f"A pipeline begins with source or spawn, and holds neither later; {where} is {name}.")
        if name == "source":
            _check_source(stage, where)
        for inner in _inner(name, stage[name]):
            _check(inner, f"What {name} holds in {where}", depth + 1)


def _operator(stage: Any, where: str) -> str:
    names = [name for name in stage if name != "timeSeries" or "source" not in stage] if isinstance(stage, dict) else []
    if len(names) != 1:
        raise _invalid(f"{where.capitalize()} is not an object with exactly one operator.")
    (name,) = names
    if name not in _OPERATORS:
        near = difflib.get_close_matches(name, _OPERATORS, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(sorted(_OPERATORS))}."
        raise _invalid(f"{where.capitalize()} has the operator {name[:60]!r}, which is not known.", hint)
    return str(name)


def _check_source(stage: Stage, where: str) -> None:
    source = stage["source"]
    names = [name for name in source if name != "timeSeries"] if isinstance(source, dict) else []
    if len(names) != 1:
        raise _invalid(f"The source of {where} does not name exactly one source.")
    for series in (source.get("timeSeries"), stage.get("timeSeries")):
        if isinstance(series, dict) and series.get("period") in _ITERATIVE:
            raise _invalid(
                f"The time series of {where} has the period {series['period']}, which answers with a list of lists.",
                "Use dayRange or hourRange, whose rows say to which day or hour they belong.",
            )


def _inner(name: str, argument: Any) -> Iterator[Any]:
    """Yield the pipelines with a source of their own that a stage holds."""
    if name == "spawn":
        yield from argument if isinstance(argument, list) else [argument]
    elif name == "merge" and isinstance(argument, dict):
        yield argument.get("pipeline")


def _keeps_buckets_apart(stage: Stage, bucket: str) -> bool:
    if set(stage) <= _ROW_BY_ROW or "sort" in stage:
        return True
    argument = stage.get("group")
    keys = argument.get("group") if isinstance(argument, dict) else None
    return isinstance(keys, list) and bucket in keys


def _filled(value: Any, times: dict[str, int]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, times) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, times) for inner in value]
    if not isinstance(value, str):
        return value
    if whole := _PLACE.fullmatch(value):
        return times[whole.group(1)]
    return _PLACE.sub(lambda found: str(times[found.group(1)]), value)


def _invalid(
    message: str, hint: str = 'A pipeline is a JSON list such as [{"source": {"visitors": null}}].'
) -> WrongInput:
    return WrongInput("pipeline_invalid", message, hint=hint, field="pipeline")
