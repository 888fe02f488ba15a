"""Rows of guideEvents and pollEvents: one for each interaction."""

from typing import Any

import numpy as np

from pendosim.tables import Table
from pendosim.values import Row, plain_number, to_json
from pendosim.world.activity import Activity
from pendosim.world.definitions import App
from pendosim.world.ids import object_id, random_of
from pendosim.world.people import People, place_of_ip
from pendosim.world.words import BROWSERS, PLACES

GUIDE_SHARE = 0.05
POLL_SHARE = 0.01
_TYPES = ("guideSeen", "guideSeen", "guideAdvanced", "guideDismissed", "guideActivity")
_REASONS = ("auto", "launcher", "badge", "dom", "continue")
_COMMENTS = ("Great product", "Too slow, sometimes", 'The "export" is missing', "日本語もお願いします", "ok")


class Interactions:
    """Makes rows from a sample of the single events: a guide is seen where somebody is."""

    def __init__(self, activity: Activity, people: People, apps: tuple[App, ...], guides: list[Row], seed: int) -> None:
        self._activity = activity
        self._people = people
        self._apps = apps
        self._guides = {app.id: [guide for guide in guides if guide["appId"] == app.id] for app in apps}
        self._seed = seed

    def guide_events(self) -> Table:
        return Table.of_rows(map(self._guide_event, *self._sample("guide events", GUIDE_SHARE)))

    def poll_events(self) -> Table:
        return Table.of_rows(map(self._poll_event, *self._sample("poll events", POLL_SHARE)))

    def _sample(self, part: str, share: float) -> tuple[list[int], list[int]]:
        """Places in the activity in no order, and a random number for each."""
        random = random_of(self._seed, part)
        count = round(len(self._activity) * share)
        places = random.choice(len(self._activity), size=count, replace=False) if count else np.zeros(0, dtype=np.int64)
        return places.tolist(), random.integers(0, 2**31, count).tolist()

    def _guide_event(self, place: int, number: int) -> Row:
        row = self._common(place, number)
        guides = self._guides[row["appId"]]
        guide = guides[1 + number % (len(guides) - 1)]
        kind = _TYPES[number // 7 % len(_TYPES)]
        step = guide["steps"][number // 3 % len(guide["steps"])]
        actions = (
            to_json([{"action": "advanceGuide", "eventType": "click"}]).decode() if kind == "guideActivity" else ""
        )
        return row | {
            "type": kind,
            "guideId": guide["id"],
            "guideStepId": step["id"],
            "guideTimestamp": row["browserTime"],
            "guideSeenReason": _REASONS[number // 11 % len(_REASONS)],
            "guideStepPollTypes": [],
            "destinationStepId": "",
            "uiElementId": "pendo-button" if actions else "",
            "uiElementType": "BUTTON" if actions else "",
            "uiElementText": "Next" if actions else "",
            "uiElementActions": actions,
        }

    def _poll_event(self, place: int, number: int) -> Row:
        row = self._common(place, number)
        survey, tour = self._guides[row["appId"]][:2]
        rating, comment = survey["polls"]
        choice = tour["polls"][0]
        options: list[tuple[Row, Row, Any]] = [
            (survey, rating, number // 5 % 11),
            (survey, rating, 9 + number // 5 % 2),
            (survey, comment, _COMMENTS[number // 5 % len(_COMMENTS)]),
            (tour, choice, list(choice["idResponses"])[number // 5 % len(choice["idResponses"])]),
        ]
        guide, poll, response = options[number % len(options)]
        return row | {
            "type": "ui:web:pollResponse",
            "guideId": guide["id"],
            "guideStepId": guide["steps"][0]["id"],
            "pollId": poll["id"],
            "pollType": poll["attributes"]["type"],
            "pollResponse": response,
        }

    def _common(self, place: int, number: int) -> Row:
        activity, people = self._activity, self._people
        visitor, account, time = (int(column[place]) for column in (activity.visitor, activity.account, activity.time))
        app, ip = self._apps[int(activity.app[place])], int(activity.ip[place])
        where, session = PLACES[place_of_ip(ip)], str(int(activity.session[place]))
        account_id = people.account_ids[account] if account >= 0 else ""
        return {
            "visitorId": people.visitor_ids[visitor],
            "accountId": account_id,
            "accountIds": [account_id] if account_id else [],
            "appId": app.id,
            "browserTime": time,
            "receivedTime": time + 200 + number % 900,
            "loadTime": 300 + number % 2000,
            "url": f"https://{app.server}/invoices/{number % 500}?tab=1",
            "title": "Invoices",
            "language": where.language.replace("_", "-"),
            "userAgent": BROWSERS[int(activity.browser[place])].user_agent,
            "remoteIp": people.ips[ip],
            "serverName": app.server,
            "country": where.country,
            "region": where.region,
            "latitude": plain_number(where.latitude),
            "longitude": plain_number(where.longitude),
            "elementPath": "BODY",
            "eventId": object_id("event", place, number),
            "fragment": "",
            "tabId": f"t{session}",
            "analyticsSessionId": session,
            "oldVisitorId": "lang:en-US reason:auto" if number % 9 == 0 else "",
            "properties": {},
        }
