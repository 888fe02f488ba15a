"""Guides with steps and polls (one of them an NPS survey), segments and reports."""

from typing import Any

from pendosim.values import Row
from pendosim.world.definitions import DAY_MS, App, Tagging
from pendosim.world.ids import object_id, short_id
from pendosim.world.words import GUIDE_NAMES

_STATES = ("public", "public", "staged", "draft", "disabled", "public")
_LAUNCHES = ("auto", "badge", "launcher", "dom", "api")
CHOICES = ("Very easy", "Fine", "Hard")


def made_guides(apps: tuple[App, ...], seed: int, now: int) -> list[Row]:
    """For each application: an NPS survey first, then ordinary guides, one of them with a choice poll."""
    tagging = Tagging(seed, now)
    found = []
    for app in apps:
        found.append(_guide(tagging, app, "NPS survey", 0, polls=_nps_polls(seed, app)))
        for number, name in enumerate(GUIDE_NAMES, start=1):
            polls = _choice_polls(seed, app) if number == 1 else []
            found.append(_guide(tagging, app, name, number, polls=polls))
    return found


def _nps_polls(seed: int, app: App) -> list[Row]:
    rating = {"type": "NPSRating", "display": "NumberScale", "leftLabel": "Unlikely", "rightLabel": "Likely"}
    question = "How likely are you to recommend us?"
    return [
        {
            "id": short_id(10, "poll", seed, app.id, "rating"),
            "question": question,
            "resetAt": 0,
            "attributes": rating | {"followUp": short_id(10, "poll", seed, app.id, "comment")},
            "numericResponses": list(range(11)),
        },
        {
            "id": short_id(10, "poll", seed, app.id, "comment"),
            "question": "What is the main reason for your score?",
            "resetAt": 0,
            "attributes": {"type": "NPSReason", "display": "TextArea"},
        },
    ]


def _choice_polls(seed: int, app: App) -> list[Row]:
    choices = {short_id(14, "choice", seed, app.id, label): label for label in CHOICES}
    attributes = {"type": "PickList", "display": "Dropdown"}
    name = short_id(11, "poll", seed, app.id, "choice")
    return [
        {
            "id": name,
            "question": "How easy was it?",
            "resetAt": 0,
            "attributes": attributes,
            "idResponses": choices,
        }
    ]


def _guide(tagging: Tagging, app: App, name: str, number: int, *, polls: list[Row]) -> Row:
    guide = tagging.common("Guide", app, name, number)
    state, steps = _STATES[number % len(_STATES)], 1 + number % 3
    published = guide["createdAt"] + DAY_MS if state in ("public", "disabled") else 0
    audience = [{"source": {"visitors": None}}, {"select": {"visitorId": "visitorId"}}]
    flags = {"isMultiStep": steps > 1, "isTraining": False, "isModule": False, "isTopLevel": True}
    times = {"publishedAt": published, "resetAt": 0, "showsAfter": 0, "expiresAfter": 0, "recurrence": 0}
    times |= {
        "recurrenceEligibilityWindow": 0,
        "currentFirstEligibleToBeSeenAt": 0,
        "validThrough": tagging.now,
    }
    texts = {"authoredLanguage": "en-US", "editorType": "vge", "emailState": "", "description": ""}
    return (
        guide
        | {"state": state, "launchMethod": _LAUNCHES[number % len(_LAUNCHES)], "publishedEver": published > 0}
        | flags
        | times
        | texts
        | {
            "autoCreateFeedback": False,
            "audience": audience,
            "audienceUiHint": {"filters": []},
            "attributes": _attributes(name),
            "polls": polls,
            "steps": [_step(guide, number, rank, polls if rank == 0 else []) for rank in range(steps)],
        }
    )


def _attributes(name: str) -> dict[str, Any]:
    return {
        "type": "nps" if name == "NPS survey" else "building-block",
        "device": {"type": "desktop"},
        "priority": 0,
        "capping": {"maxImpressions": 1, "maxSessionImpressions": 1},
        "dates": {"en-US": "2024-03-08"},
        "isAnnouncement": name == "What is new",
    }


def _step(guide: Row, number: int, rank: int, polls: list[Row]) -> Row:
    name = object_id("GuideStep", guide["id"], rank)
    return {
        "id": name,
        "guideId": guide["id"],
        "templateId": "building-block",
        "type": ["lightbox", "tooltip", "banner"][(number + rank) % 3],
        "name": f"Step {rank + 1}",
        "rank": rank,
        "pageId": "",
        "pollIds": [poll["id"] for poll in polls],
        "advanceMethod": "button",
        "contentType": "text/html; charset=utf-8",
        "contentUrl": f"https://content.example.com/guide-content/{guide['id']}/{name}.dom.json",
        "regexUrlRule": "",
        "elementPathRule": "",
        "lastUpdatedAt": guide["lastUpdatedAt"],
        "resetAt": 0,
        "attributes": {"width": 500, "themeId": "", "variables": {}},
    }


def made_segments(app: App, seed: int, now: int) -> list[Row]:
    """Those shared with everyone, which are all that the list shows."""
    tagging = Tagging(seed, now)
    rules = {"Admins": "metadata.agent.isadmin == true", "Pro plan": 'metadata.custom.plan == "pro"'}
    found = []
    for number, (name, rule) in enumerate(rules.items()):
        pipeline = [{"source": {"visitors": None}}, {"identified": "visitorId"}, {"filter": rule}]
        segment = tagging.common("Segment", app, name, number)
        for absent in ("appId", "appIds", "group", "stableVersionId"):
            del segment[absent]
        extra = {"createdByApi": False, "shared": True, "pipeline": pipeline, "dependentMetadata": []}
        found.append(segment | extra | {"definition": {"filters": [{"rule": rule}]}, "isFocusGroup": False})
    return found


def made_reports(app: App, seed: int, now: int) -> list[Row]:
    """One on visitors, one on accounts; both can be run."""
    tagging = Tagging(seed, now)
    visitors = {"visitorId": "visitorId", "visitor_agent_language": "metadata.agent.language"}
    visitors |= {"visitor_auto_firstvisit": "metadata.auto.firstvisit"}
    accounts = {"accountId": "accountId", "account_auto_id": "metadata.auto.id"}
    return [
        _report(tagging, app, "All visitors", "visitor", visitors),
        _report(tagging, app, "All accounts", "account", accounts),
    ]


def _report(tagging: Tagging, app: App, name: str, kind: str, columns: dict[str, str]) -> Row:
    report = tagging.common("Report", app, name, 0)
    for absent in ("appId", "appIds", "group"):
        del report[absent]
    source = {"source": {f"{kind}s": None}}
    stages = [source, {"identified": f"{kind}Id"}, {"sort": [f"{kind}Id"]}, {"select": columns}]
    shown = [
        {"columnName": column, "columnLabel": column, "kind": kind, "fieldName": of} for column, of in columns.items()
    ]
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
        "definition": {"type": kind, "kind": kind, "config": {"appId": app.id, "columns": shown}},
        "aggregation": {
            "pipeline": stages,
            "fields": [{"type": "string", "field": column, "title": column} for column in columns],
        },
        "aggregationList": [],
    }
