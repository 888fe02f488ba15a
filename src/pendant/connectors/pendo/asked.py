"""What an export asks of a resource, judged before anything is asked of Pendo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pendant.connectors.declaration import Resource
from pendant.errors import WrongInput
from pendant.model.export import Export

DAYS_BY_DEFAULT = 30
_APP_ID_MAX = 2**63


@dataclass(frozen=True, slots=True)
class Asked:
    """Times are ms since the epoch, [since, until), 0 where the resource knows no time; no apps or ids mean all."""

    now: int
    since: int
    until: int
    apps: tuple[int, ...]
    ids: tuple[str, ...]
    pipeline: str
    spanned: bool
    """Whether somebody chose a time; otherwise it is the one by default."""


def asked_of(export: Export, resource: Resource, now: datetime) -> Asked:
    """Raise WrongInput where the export asks for what the resource does not have."""
    apps = _apps(export, resource)
    since, until = _span(export, resource, now)
    _refuse_others(export, resource)
    spanned = bool(export.since or export.until)
    return Asked(_ms(_utc(now)), since, until, apps, tuple(dict.fromkeys(export.ids)), export.pipeline, spanned)


def _refuse_others(export: Export, resource: Resource) -> None:
    if export.ids and not resource.takes_ids:
        raise WrongInput(
            "ids_not_supported",
            f"{resource.title} cannot be asked for by the ids of other objects.",
            hint="Leave the ids out and use a filter on a column.",
            field="ids",
        )
    if bool(export.pipeline.strip()) != (resource.kind == "aggregation"):
        raise WrongInput(
            "pipeline_not_supported" if export.pipeline.strip() else "pipeline_required",
            f"{resource.title} take no pipeline." if export.pipeline.strip() else "The pipeline is missing.",
            hint="A pipeline is what the resource aggregation reads: a JSON list of stages.",
            field="pipeline",
        )


def _apps(export: Export, resource: Resource) -> tuple[int, ...]:
    if export.apps and not resource.apps:
        raise WrongInput(
            "apps_not_supported",
            f"{resource.title} belong to the whole subscription; applications cannot be chosen.",
            hint="Leave the applications out.",
            field="apps",
        )
    apps = []
    for text in export.apps:
        digits = text.strip().removeprefix("-")
        if not (digits.isascii() and digits.isdecimal()) or int(digits) >= _APP_ID_MAX:
            raise WrongInput(
                "apps_invalid",
                f"{text[:60]!r} is not an application id; a whole number such as -323232 is needed.",
                field="apps",
            )
        apps.append(int(text))
    return tuple(dict.fromkeys(apps))


def _span(export: Export, resource: Resource, now: datetime) -> tuple[int, int]:
    if not resource.takes_times:
        if export.since or export.until:
            raise WrongInput(
                "time_not_supported",
                f"{resource.title} have no event time; since and until cannot be used.",
                hint="Leave them out and use a filter on a column.",
                field="since" if export.since else "until",
            )
        return 0, 0
    until = _utc(export.until or now)
    since = _utc(export.since) if export.since else until - timedelta(days=DAYS_BY_DEFAULT)
    if since >= until:
        raise WrongInput(
            "since_after_until",
            f"The time begins at {since.isoformat()} and ends at {until.isoformat()}; it must begin before it ends.",
            field="since",
        )
    return _ms(since), _ms(until)


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _ms(time: datetime) -> int:
    """Return the first millisecond that is not before `time`."""
    since_epoch = time - datetime(1970, 1, 1, tzinfo=UTC)
    return -(-since_epoch // timedelta(milliseconds=1))
