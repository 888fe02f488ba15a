"""What an export is made of, as options, for creating and editing a stored one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, TypeVar

from cyclopts import Group, Parameter

from pendant.cli.reading_options import Ids, PipelineFile, pipeline_in
from pendant.model.export import Delays, Export, Mode
from pendant.model.moments import is_distance, moment_of
from pendant.model.pipeline import LoadMode

T = TypeVar("T")

OPTIONS = Group("What to export", sort_key=2)


def _option(name: str, text: str) -> Parameter:
    return Parameter(name=name, group=OPTIONS, help=text)


@Parameter(name="*", group=OPTIONS)
@dataclass(frozen=True, slots=True)
class ExportOptions:
    """None stands for: not given, so leave it as it is."""

    resource: Annotated[str | None, _option("--resource", "What to export; see pendant resources list.")] = None
    connection: Annotated[str | None, _option("--connection", "Name or id of the connection to read from.")] = None
    to: Annotated[str | None, _option("--to", "Target to write; see pendant export --help.")] = None
    since: Annotated[
        str | None,
        _option("--since", "Only events from then on: 2026-11-01, a time, or 90d before each run; empty: 30 days."),
    ] = None
    until: Annotated[str | None, _option("--until", "Only events before then; empty for no end.")] = None
    apps: Annotated[str | None, _option("--apps", "Application ids with commas between; empty for all.")] = None
    select: Annotated[str | None, _option("--select", "Columns as SQL; empty for all.")] = None
    filter: Annotated[str | None, _option("--filter", "Only rows for which this SQL condition holds.")] = None
    limit: Annotated[int | None, _option("--limit", "At most so many rows; 0 for all.")] = None
    ids: Ids = None
    pipeline: PipelineFile = None
    mode: Annotated[
        Mode | None,
        Parameter(
            name="--mode",
            group=OPTIONS,
            name_transform=str.lower,
            help="full: everything each time; incremental: what came since the last run; window: one range of time.",
        ),
    ] = None
    load: Annotated[
        LoadMode | None,
        Parameter(
            name="--load",
            group=OPTIONS,
            name_transform=str.lower,
            help="What happens to the rows a target holds: replace, slices, merge or append; by default what suits.",
        ),
    ] = None
    horizon_hours: Annotated[
        int | None, _option("--horizon-hours", "Incremental: stop so long before now; 8 by default.")
    ] = None
    lookback_days: Annotated[
        int | None, _option("--lookback-days", "Incremental: read so many days again; 3 by default.")
    ] = None
    final_days: Annotated[
        int | None,
        _option("--final-days", "Incremental: read every day once more when it is so old; 9 by default, 0: never."),
    ] = None
    replace: Annotated[
        bool | None,
        Parameter(
            name="--replace",
            negative="--no-replace",
            group=OPTIONS,
            help="Write over a target that another export or program wrote.",
        ),
    ] = None


def with_options(before: Export, options: ExportOptions, now: datetime) -> Export:
    """Return `before` with those parts changed that were given."""
    since = (before.since, before.last) if options.since is None else _beginning(options.since, now)
    return replace(
        before,
        resource=_or(options.resource, before.resource),
        connection=_or(options.connection, before.connection),
        target=_or(options.to, before.target),
        since=since[0],
        last=since[1],
        until=before.until if options.until is None else moment_of(options.until, now, "until"),
        apps=before.apps if options.apps is None else ids_in(options.apps),
        select=_or(options.select, before.select),
        filter=_or(options.filter, before.filter),
        limit=_or(options.limit, before.limit),
        ids=before.ids if options.ids is None else tuple(options.ids),
        pipeline=before.pipeline if options.pipeline is None else pipeline_in(options.pipeline),
        mode=_or(options.mode, before.mode),
        load=_or(options.load, before.load),
        replace=_or(options.replace, before.replace),
        delays=Delays(
            _or(options.horizon_hours, before.delays.horizon_hours),
            _or(options.lookback_days, before.delays.lookback_days),
            _or(options.final_days, before.delays.final_days),
        ),
    )


def ids_in(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _beginning(text: str, now: datetime) -> tuple[datetime | None, str]:
    """Return a moment or a distance: "30d" is kept as it is and means another day at each run."""
    return (None, text) if is_distance(text) else (moment_of(text, now, "since"), "")


def _or(given: T | None, before: T) -> T:
    return before if given is None else given
