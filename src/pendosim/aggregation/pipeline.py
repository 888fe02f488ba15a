"""A pipeline of stages, checked whole before it runs: what is wrong is a 400 and not half an answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pendosim.aggregation.lookups import expand_step, merged
from pendosim.aggregation.shape import Step
from pendosim.aggregation.sources import Query, Rows, source_rows
from pendosim.aggregation.stages import STAGES, STAGES_NOT_BUILT
from pendosim.aggregation.windows import Window, window_of
from pendosim.errors import NotBuilt, Refused
from pendosim.expressions.functions import Environment
from pendosim.values import Row
from pendosim.world.world import World

DEPTH_MAX = 10
STAGES_MAX = 500


@dataclass(frozen=True)
class Pipeline:
    source: Query | None
    spawned: tuple["Pipeline", ...]
    """Stands in the place of a source."""
    steps: tuple[Step, ...]

    def rows(self, bucket: Window | None = None) -> Rows:
        """`bucket` takes the place of the source's own window."""
        rows = self._first_rows(bucket)
        for step in self.steps:
            rows = step(rows)
        return rows

    def _first_rows(self, bucket: Window | None) -> Rows:
        if self.source is None:
            return (row for pipeline in self.spawned for row in pipeline.rows())
        if bucket is None:
            return source_rows(self.source)
        of = self.source
        return source_rows(Query(of.world, of.environment, of.name, of.parameters, bucket))

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
    else:
        raise Refused("the first stage of a pipeline is source or spawn")
    steps = [_step(*_stage(stage), world, environment, depth) for stage in stages[1:]]
    return Pipeline(source, spawned, tuple(steps))


def _stage(stage: object) -> tuple[str, Any]:
    if not isinstance(stage, dict) or not stage:
        raise Refused("a stage is an object with exactly one operator")
    names = [name for name in stage if not (name == "timeSeries" and "source" in stage)]
    if len(names) != 1:
        raise Refused(f"a stage has exactly one operator; found {', '.join(map(repr, names))[:120]}")
    if "timeSeries" in stage and isinstance(stage["source"], dict):
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
    query.check()
    return query


def _spawned(argument: object, world: World, environment: Environment, depth: int) -> tuple[Pipeline, ...]:
    if not isinstance(argument, list):
        raise Refused("spawn is a list of pipelines")
    found = tuple(pipeline_of(stages, world, environment, depth + 1) for stages in argument)
    if any(pipeline.window and pipeline.window.iterative for pipeline in found):
        raise Refused("spawn cannot hold pipelines with iterative periods")
    return found


def _step(name: str, argument: Any, world: World, environment: Environment, depth: int) -> Step:
    if name in STAGES:
        return STAGES[name](argument, environment)
    if name == "fork":
        return _fork(argument, world, environment, depth)
    if name == "merge":
        return _merge(argument, world, environment, depth)
    if name in ("expand", "bulkExpand"):
        return expand_step(argument, world)
    if name == "segment":
        return _segment(argument, world, environment, depth)
    if name in ("source", "spawn"):
        raise Refused(f"{name} can only be the first stage")
    if name in STAGES_NOT_BUILT:
        raise NotBuilt("operator", name)
    raise Refused(f"unknown operator {name[:60]!r}")


def _segment(argument: object, world: World, environment: Environment, depth: int) -> Step:
    """Keep rows whose visitor is in the segment: those its own pipeline finds, or those that were sent."""
    if not isinstance(argument, dict) or "id" not in argument:
        raise NotBuilt("operator", "segment without an id")
    definition = next((one for one in world.segments if one["id"] == argument["id"]), None)
    if definition is None:
        raise Refused("segment not found")
    sent = world.memberships.members_of(definition["id"])
    if sent is not None:
        return lambda rows: (row for row in rows if row.get("visitorId") in sent)
    members = pipeline_of(definition["pipeline"], world, environment, depth + 1)

    def run(rows: Rows) -> Iterator[Row]:
        known = {row["visitorId"] for row in members.rows()}
        return (row for row in rows if row.get("visitorId") in known)

    return run


def _fork(argument: object, world: World, environment: Environment, depth: int) -> Step:
    if depth > DEPTH_MAX:
        raise Refused("pipelines are nested too deeply")
    if not isinstance(argument, list) or not all(isinstance(branch, list) for branch in argument):
        raise Refused("fork is a list of lists of stages")
    branches = [[_step(*_stage(stage), world, environment, depth + 1) for stage in branch] for branch in argument]

    def run(rows: Rows) -> Iterator[Row]:
        kept = list(rows)
        for branch in branches:
            found: Rows = iter([dict(row) for row in kept])
            for step in branch:
                found = step(found)
            yield from found

    return run


def _merge(argument: object, world: World, environment: Environment, depth: int) -> Step:
    if not isinstance(argument, dict) or not {"fields", "pipeline"} <= set(argument):
        raise Refused("merge is an object with fields, pipeline and perhaps mappings")
    fields, mappings = argument["fields"], argument.get("mappings")
    if not isinstance(fields, list) or not isinstance(mappings, dict | None):
        raise Refused("merge wants a list of fields and an object of mappings")
    inner = pipeline_of(argument["pipeline"], world, environment, depth + 1)
    return merged(fields, mappings, inner.rows)
