"""Guides with steps and polls; the first of each application is an NPS survey, another one is an experiment."""

from typing import Any

from pendosim.values import Row
from pendosim.world.audience import audience, audience_hint
from pendosim.world.definitions import DAY_MS, App, Tagging
from pendosim.world.guide_steps import guide_step
from pendosim.world.ids import short_id
from pendosim.world.words import GUIDE_NAMES

_STATES = ("public", "public", "staged", "draft", "disabled", "public")
_LAUNCHES = ("auto", "badge", "launcher", "dom", "api")
CHOICES = ("Very easy", "Fine", "Hard")


def made_guides(apps: tuple[App, ...], seed: int, now: int, features: list[Row], segments: list[Row]) -> list[Row]:
    """For each application: an NPS survey first, then ordinary guides, one of them with a choice poll.

    One is for the members of the first of `segments`, one is an experiment on the use of the first of `features`.
    """
    tagging = Tagging(seed, now)
    found = []
    for app in apps:
        found.append(_guide(tagging, app, "NPS survey", 0, polls=_nps_polls(seed, app)))
        for number, name in enumerate(GUIDE_NAMES, start=1):
            polls = _choice_polls(seed, app) if number == 1 else []
            found.append(_guide(tagging, app, name, number, polls=polls))
        found[-1] |= _aimed(segments[0]["id"])
        found[-2] |= _experiment(now, next(one["id"] for one in features if one["appId"] == app.id))
    return found


def _aimed(segment_id: str) -> Row:
    return {"audience": audience(segment_id), "audienceUiHint": audience_hint(segment_id)}


def _experiment(now: int, feature_id: str) -> Row:
    times = {"startTime": now - 60 * DAY_MS, "endTime": now + 30 * DAY_MS}
    conversion = {"attributionWindow": 7 * DAY_MS, "itemId": feature_id, "itemType": "Feature"}
    return {"experiment": times | {"groupSize": 50, "notificationDuration": 0}, "conversion": conversion}


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
    flags = {"isMultiStep": steps > 1, "isTraining": False, "isModule": False, "isTopLevel": True}
    times = {"publishedAt": published, "resetAt": 0, "showsAfter": 0, "expiresAfter": 0, "recurrence": 0}
    times |= {
        "recurrenceEligibilityWindow": 0,
        "currentFirstEligibleToBeSeenAt": 0,
        "validThrough": tagging.now,
    }
    texts = {"authoredLanguage": "en-US", "editorType": "vge", "emailState": "", "description": ""}
    texts |= {"minAgentVersion": "", "originId": guide["id"], "resourceCenterId": ""}
    return (
        guide
        | {"state": state, "launchMethod": _LAUNCHES[number % len(_LAUNCHES)], "publishedEver": published > 0}
        | flags
        | times
        | texts
        | {
            "autoCreateFeedback": False,
            "audience": audience(),
            "audienceUiHint": audience_hint(),
            "attributes": _attributes(name),
            "polls": polls,
            "steps": [guide_step(guide, number, rank, polls if rank == 0 else []) for rank in range(steps)],
            "translationStates": [],
            "dependentMetadata": [],
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
        "badge": {"name": "help", "position": "top-right"} if name == "What is new" else None,
        "activation": {"event": [], "selector": ""},
        "resourceCenter": {},
    }
