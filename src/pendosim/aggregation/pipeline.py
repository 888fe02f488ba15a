"""A pipeline of stages, checked whole before it runs: what is wrong is a 400 and not half an answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pendosim.aggregation.lookups import (
    bulk_expand_step,
    expand_list_step,
    expand_step,
    item_seen_step,
    merged,
    of_segment,
)
from pendosim.aggregation.query import Query, Rows
from pendosim.aggregation.rules import features_step, match_rules_step, pages_step
from pendosim.aggregation.selection import Selection
from pendosim.aggregation.shape import Step
from pendosim.aggregation.sources import app_rows, check_source, group_rows, source_rows
from pendosim.aggregation.stages import STAGES, STAGES_NOT_BUILT
from pendosim.aggregation.windows import Window, window_of
from pendosim.errors import NotBuilt, Refused, known_only
from pendosim.expressions.functions import Environment
from pendosim.values import Row, to_json
from pendosim.world.world import World

DEPTH_MAX = 10
STAGES_MAX = 200


@dataclass(frozen=True)
class Pipeline:
    source: Query | None
    spawned: tuple["Pipeline", ...]
    """Stands in the place of a source."""
    steps: tuple[Step, ...]
    environment: Environment

    def rows(self, bucket: Window | None = None) -> Rows:
        """`bucket` takes the place of the source's own window."""
        self.environment.effort.look()
        rows = self._watched(self._first_rows(bucket))
        for step in self.steps:
            rows = self._watched(step(rows))
        return rows

    def _watched(self, rows: Rows) -> Rows:
        effort = self.environment.effort
        return replace(rows, effort=effort) if isinstance(rows, Selection) else effort.watched(rows)

    def _first_rows(self, bucket: Window | None) -> Rows:
        if self.source is None:
            return (row for pipeline in self.spawned for row in pipeline.rows())
        return source_rows(self.source if bucket is None else replace(self.source, window=bucket))

    @property
    def window(self) -> Window | None:
        return self.source.window if self.source else None


def pipeline_of(stages: object, world: World, environment: Environment, depth: int = 0) -> Pipeline:
    if depth > DEPTH_MAX:
        raise Refused("pipelines are nested too deeply")
    if not isinstance(stages, list) or not stages or len(stages) > STAGES_MAX:
        raise Refused(f"pipeline is a list of 1 to {STAGES_MAX} stages")
    name, argument = _stage(stages[0])
    source: Query | None = None
    spawned: tuple[Pipeline, ...] = ()
    if name == "source":
        source = _source(argument, world, environment)
    elif name == "spawn":
        spawned = _spawned(argument, world, environment, depth)
    elif name in STAGES_NOT_BUILT:
        raise NotBuilt("operator", name)
    else:
        raise Refused("the first stage of a pipeline is source or spawn")
    steps = [_step(*_stage(stage), world, environment, depth) for stage in stages[1:]]
    return Pipeline(source, spawned, tuple(steps), environment)


def _stage(stage: object) -> tuple[str, Any]:
    if not isinstance(stage, dict) or not stage:
        raise Refused("a stage is an object with exactly one operator")
    names = [name for name in stage if not (name == "timeSeries" and "source" in stage)]
    if len(names) != 1:
        raise Refused(f"a stage has exactly one operator; found {', '.join(map(repr, names))[:120]}")
    if "timeSeries" in stage and isinstance(stage.get("source"), dict):
        return "source", {**stage["source"], "timeSeries": stage["timeSeries"]}
    return names[0], stage[names[0]]


def _source(argument: object, world: World, environment: Environment) -> Query:
    if not isinstance(argument, dict):
        raise Refused("source is an object of the form {name: parameters}")
    names = [name for name in argument if name != "timeSeries"]
    if len(names) != 1:
        raise Refused("source names exactly one source")
    parameters = argument[names[0]]
    if names[0] == "const" and isinstance(parameters, list):
        parameters = {"rows": parameters}
    if not isinstance(parameters, dict | None):
        raise Refused(f"parameters of source {names[0][:60]} are an object or null")
    series = argument.get("timeSeries")
    window = None if series is None else window_of(series, environment)
    query = Query(world, environment, names[0], parameters or {}, window)
    check_source(query)
    return query


def _spawned(argument: object, world: World, environment: Environment, depth: int) -> tuple[Pipeline, ...]:
    if not isinstance(argument, list):
        raise Refused("spawn is a list of pipelines")
    return tuple(_inner(stages, world, environment, depth) for stages in argument)


def _inner(stages: object, world: World, environment: Environment, depth: int) -> Pipeline:
    found = pipeline_of(stages, world, environment, depth + 1)
    if found.window is not None and found.window.iterative:
        raise Refused("a pipeline inside another cannot have an iterative period")
    return found


def _step(name: str, argument: Any, world: World, environment: Environment, depth: int) -> Step:
    if name in STAGES:
        return STAGES[name](argument, environment)
    if name in NESTING_STAGES:
        return NESTING_STAGES[name](argument, world, environment, depth)
    if name in WORLD_STAGES:
        return WORLD_STAGES[name](argument, world)
    if name in FIRST_STAGES:
        raise Refused(f"{name} can only be the first stage")
    if name in STAGES_NOT_BUILT:
        raise NotBuilt("operator", name)
    raise Refused(f"unknown operator {name[:60]!r}")


def _segment(argument: object, world: World, environment: Environment, depth: int) -> Step:
    """Keep rows whose visitor is a member: one of those its own pipeline finds, or of those that were sent."""
    if isinstance(argument, dict) and "source" in argument:
        return _inline_segment(argument, world, environment, depth)
    if not isinstance(argument, dict) or "id" not in argument:
        raise Refused("segment is an object with id, or with source and filter")
    known_only(argument, "segment", ("id",))
    definition = next((one for one in list(world.segments) if one["id"] == argument["id"]), None)
    if definition is None:
        raise Refused("segment not found")
    sent = world.memberships.members_of(definition["id"])
    if sent is not None:
        return lambda rows: of_segment(rows, sent, world)
    members = pipeline_of(definition["pipeline"], world, environment, depth + 1)

    def run(rows: Rows) -> Iterator[Row]:
        return of_segment(rows, set(map(_visitor_of, members.rows())), world)

    return run


def _visitor_of(row: Row) -> str:
    name = row.get("visitorId")
    if not isinstance(name, str):
        raise Refused("the pipeline of the segment finds rows without a visitorId")
    return name


def _inline_segment(argument: dict[str, Any], world: World, environment: Environment, depth: int) -> Step:
    """Rules that stand in the request itself: `{"source": {"visitors": null}, "filter": "..."}`."""
    unknown = set(argument) - {"source", "identified", "filter"}
    if unknown:
        raise NotBuilt("segment with", ", ".join(sorted(unknown))[:60])
    if not isinstance(argument["source"], dict) or len(argument["source"]) != 1:
        raise Refused("segment source is visitors or accounts")
    field = {"visitors": "visitorId", "accounts": "accountId"}.get(next(iter(argument["source"])))
    if field is None:
        raise Refused("segment source is visitors or accounts")
    rules = [{name: argument[name]} for name in ("source", "identified", "filter") if name in argument]
    members = _inner(rules, world, environment, depth)

    def run(rows: Rows) -> Iterator[Row]:
        known = {to_json(row[field]) for row in members.rows()}
        return (row for row in rows if to_json(row.get(field)) in known)

    return run


def _fork(argument: object, world: World, environment: Environment, depth: int) -> Step:
    if depth > DEPTH_MAX:
        raise Refused("pipelines are nested too deeply")
    if not isinstance(argument, list) or not all(isinstance(branch, list) for branch in argument):
        raise Refused("fork is a list of lists of stages")
    branches = [[_step(*_stage(stage), world, environment, depth + 1) for stage in branch] for branch in argument]

    def run(rows: Rows) -> Iterator[Row]:
        kept = list(rows)
        for number, branch in enumerate(branches):
            if number:
                environment.effort.made(len(kept))
            found: Rows = iter(map(dict, kept))
            for step in branch:
                found = environment.effort.watched(step(found))
            yield from found

    return run


def _merge(argument: object, world: World, environment: Environment, depth: int) -> Step:
    if not isinstance(argument, dict) or not {"fields", "pipeline"} <= set(argument):
        raise Refused("merge is an object with fields, pipeline and perhaps mappings")
    known_only(argument, "merge", ("fields", "mappings", "pipeline"))
    fields, mappings = argument["fields"], argument.get("mappings")
    if not isinstance(fields, list) or not isinstance(mappings, dict | None):
        raise Refused("merge wants a list of fields and an object of mappings")
    inner = _inner(argument["pipeline"], world, environment, depth)
    return merged(fields, mappings, inner.rows)


FIRST_STAGES = ("source", "spawn")
NESTING_STAGES: dict[str, Callable[[Any, World, Environment, int], Step]] = {
    "fork": _fork,
    "merge": _merge,
    "segment": _segment,
}
WORLD_STAGES: dict[str, Callable[[Any, World], Step]] = {
    "expand": expand_step,
    "bulkExpand": bulk_expand_step,
    "expandList": lambda argument, world: expand_list_step(
        argument, lambda: group_rows(world), lambda: app_rows(world)
    ),
    "itemSeen": item_seen_step,
    "pages": pages_step,
    "features": features_step,
    "matchRules": lambda argument, _world: match_rules_step(argument),
}
