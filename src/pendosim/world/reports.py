"""Saved reports: those on visitors and accounts have rows to ask for, the others are only shown in Pendo."""

from typing import Any

from pendosim.values import Row
from pendosim.world.definitions import App, Tagging

WITH_ROWS = ("visitor", "account")
_ELSEWHERE = ("appId", "appIds", "group", "color", "description")
_WITHOUT_ROWS = {"Sign-up funnel": "funnel", "From the dashboard": "path", "Retention by month": "retention"}
_VISITORS = {
    "visitorId": "visitorId",
    "visitor_agent_language": "metadata.agent.language",
    "visitor_auto_firstvisit": "metadata.auto.firstvisit",
}
_ACCOUNTS = {"accountId": "accountId", "account_auto_id": "metadata.auto.id"}
_USAGE = {"visitorId": "visitorId", "daysActive": "if(isNull(daysActive), 0, daysActive)"}
_LAST_DAYS = {"period": "dayRange", "first": "now()", "count": -30}


def made_reports(app: App, seed: int, now: int) -> list[Row]:
    """Everyone sees all of them but the last, which only its author does."""
    tagging = Tagging(seed, now)
    shared = [
        _report(tagging, app, "All visitors", "visitor") | _rows(app, "visitor", _VISITORS),
        _report(tagging, app, "All accounts", "account") | _rows(app, "account", _ACCOUNTS),
        _report(tagging, app, "Visitor usage", "visitor") | _rows(app, "visitor", _USAGE, _active_days()),
    ]
    shared += [_report(tagging, app, name, kind) | _shown_only(app, kind) for name, kind in _WITHOUT_ROWS.items()]
    private = _report(tagging, app, "My accounts", "account") | _rows(app, "account", _ACCOUNTS)
    return [*shared, private | {"shared": False, "share": "private", "level": "private"}]


def _report(tagging: Tagging, app: App, name: str, kind: str) -> Row:
    common = tagging.common("Report", app, name, 0)
    report = {field: value for field, value in common.items() if field not in _ELSEWHERE}
    return report | {
        "type": "Saved Reports",
        "level": "public",
        "scope": "",
        "share": "everyone",
        "shared": True,
        "target": kind,
        "ownedByUser": report["createdByUser"],
        "lastRunAt": tagging.now,
        "lastSuccessRunAt": tagging.now,
        "lastSuccessRunObj": "",
    }


def _rows(app: App, kind: str, columns: dict[str, str], *extra: Row) -> Row:
    before: list[Any] = [{"source": {f"{kind}s": None}}, {"identified": f"{kind}Id"}, *extra]
    stages = [*before, {"sort": [f"{kind}Id"]}, {"select": columns}]
    shown = [
        {"columnName": column, "columnLabel": column, "kind": kind, "fieldName": of} for column, of in columns.items()
    ]
    config = {"appId": app.id, "segmentId": "", "columns": shown, "filters": []}
    return {
        "definition": {"type": kind, "kind": kind, "config": config, "timeSeries": _LAST_DAYS},
        "aggregation": {
            "pipeline": stages,
            "fields": [{"type": "string", "field": column, "title": column} for column in columns],
        },
        "aggregationList": [],
    }


def _active_days() -> Row:
    """Join the number of different days on which a visitor did anything."""
    source = {"events": {"appId": 'expandAppIds("*")'}}
    counted = {"group": ["visitorId"], "fields": {"daysActive": {"count": "day"}}}
    stages = [{"source": source, "timeSeries": _LAST_DAYS}, {"group": counted}]
    return {"merge": {"fields": ["visitorId"], "mappings": {"daysActive": "daysActive"}, "pipeline": stages}}


def _shown_only(app: App, kind: str) -> Row:
    definition = {"type": kind, "kind": kind, "config": {"appId": app.id, "segmentId": "", "columns": []}}
    return {"definition": definition, "aggregation": {"pipeline": [], "fields": []}, "aggregationList": []}
