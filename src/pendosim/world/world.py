"""One simulated subscription. Parts are made when first asked for, and kept."""

import threading
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np

from pendosim.clock import Clock
from pendosim.effort import Effort
from pendosim.expressions.functions import Environment
from pendosim.options import Options
from pendosim.periods import Calendar
from pendosim.tables import Table
from pendosim.values import Row, to_json
from pendosim.world.account_rows import account_table
from pendosim.world.activity import FEATURE, PAGE, PARAMETERS, PROPERTIES, TRACK, Activity, made_activity
from pendosim.world.bucket_rows import BUCKET_SOURCES, Pools, bucket_table
from pendosim.world.definitions import DAY_MS, Definitions, Tagging, made_apps, made_definitions
from pendosim.world.guide_rows import Interactions
from pendosim.world.guides import made_guides, made_reports, made_segments
from pendosim.world.live import LiveEvents, TrackEvent
from pendosim.world.people import People, made_people
from pendosim.world.single_rows import history_rows
from pendosim.world.visitor_rows import last_visits, visitor_table
from pendosim.world.words import BROWSERS, PLANS

TOO_OLD_MS = 7 * DAY_MS


class _Buckets(NamedTuple):
    live: int
    """How many sent events are in it."""
    table: Table


class World:
    def __init__(self, options: Options, clock: Clock) -> None:
        self.options = options
        self.clock = clock
        self.calendar = Calendar(options.timezone)
        self.made_at = clock.now()
        self.apps = made_apps(options.apps, options.seed)
        # Requests run on several threads; whoever comes first makes a part, the others wait for it.
        self._making = threading.RLock()
        self._buckets: dict[tuple[str, str], _Buckets] = {}

    def environment(self) -> Environment:
        effort = Effort(self.options.aggregation_seconds, self.options.aggregation_bytes)
        return Environment(self.clock.now(), self.calendar, self.definitions.app_ids(), effort)

    @cached_property
    def definitions(self) -> Definitions:
        return made_definitions(self.apps, self.options.seed, self.made_at)

    @cached_property
    def guides(self) -> list[Row]:
        return made_guides(self.apps, self.options.seed, self.made_at)

    @cached_property
    def segments(self) -> list[Row]:
        return made_segments(self.apps[0], self.options.seed, self.made_at)

    @cached_property
    def reports(self) -> list[Row]:
        return made_reports(self.apps[0], self.options.seed, self.made_at)

    @cached_property
    def people(self) -> People:
        return made_people(self.options)

    @cached_property
    def activity(self) -> Activity:
        return made_activity(self.options, self.people, self.calendar, self.made_at)

    @cached_property
    def _visitors(self) -> Table:
        return visitor_table(self.options, self.people, self.activity, self.apps, self.made_at)

    @cached_property
    def _accounts(self) -> Table:
        last = last_visits(self.options, self.people, self.activity, self.made_at)
        return account_table(self.options, self.people, last)

    @cached_property
    def _interactions(self) -> Interactions:
        return Interactions(self.activity, self.people, self.apps, self.guides, self.options.seed)

    @cached_property
    def _guide_events(self) -> Table:
        return self._interactions.guide_events()

    @cached_property
    def _poll_events(self) -> Table:
        return self._interactions.poll_events()

    def guide_events(self) -> Table:
        with self._making:
            return self._guide_events

    def poll_events(self) -> Table:
        with self._making:
            return self._poll_events

    def visitors(self) -> Table:
        with self._making:
            return self._visitors

    def accounts(self) -> Table:
        with self._making:
            return self._accounts

    def buckets(self, source: str, unit: str) -> Table:
        """All rows of `events`, `pageEvents`, `featureEvents` or `trackEvents` for one granularity."""
        with self._making:
            live = len(self._live)
            made = self._buckets.get((source, unit))
            if made is None or made.live != live:
                activity, pools = self.events()
                made = _Buckets(live, bucket_table(BUCKET_SOURCES[source], unit, activity, pools, self.calendar))
                self._buckets[source, unit] = made
            return made.table

    def events(self) -> tuple[Activity, Pools]:
        """Every single event so far, those sent by track included."""
        sent, pools = self._live.activity_and_pools()
        return (self.activity.joined(sent) if len(sent) else self.activity), pools

    def history(self, visitor_id: str, start: int) -> Iterator[Row]:
        """One visitor's events of the 24 hours from `start`."""
        activity, pools = self.events()
        inside = (activity.time >= start) & (activity.time < start + DAY_MS)
        inside &= np.isin(activity.visitor, [pools.visitor_ids.index(visitor_id)])
        return history_rows(activity, pools, np.flatnonzero(inside))

    def track(self, event: TrackEvent) -> None:
        """Accept an event; drop one that is too old, or of a visitor never processed, without a word."""
        if event.time < self.clock.now() - TOO_OLD_MS or event.visitor_id in self._never_processed:
            return
        self._live.add(event)

    @cached_property
    def _never_processed(self) -> frozenset[str]:
        skipped = np.flatnonzero(self.people.do_not_process).tolist()
        return frozenset(self.people.visitor_ids[place] for place in skipped)

    @cached_property
    def _live(self) -> LiveEvents:
        tagging = Tagging(self.options.seed, self.made_at)
        return LiveEvents(self.pools(), self.apps[0], tagging, self.definitions.track_types)

    def pools(self) -> Pools:
        of = self.definitions
        parameters: list[Row] = [{}, *({"parameter": str(number * 7 + 1)} for number in range(1, PARAMETERS))]
        properties: list[Row] = [{}, *(_properties(number) for number in range(1, PROPERTIES))]
        return Pools(
            visitor_ids=self.people.visitor_ids,
            account_ids=self.people.account_ids,
            apps=[(app.id, app.server) for app in self.apps],
            item_ids={
                PAGE: [page["id"] for page in of.pages],
                FEATURE: [feature["id"] for feature in of.features],
                TRACK: [track_type["id"] for track_type in of.track_types],
            },
            user_agents=[browser.user_agent for browser in BROWSERS],
            ips=self.people.ips,
            parameters=[to_json(one).decode() for one in parameters],
            properties=[to_json(one).decode() for one in properties],
        )


def _properties(number: int) -> Row:
    properties: Row = {"plan": PLANS[number % len(PLANS)], "amount": number + 0.5, "first": number % 2 == 0}
    if number % 3 == 0:
        properties["__sg__"] = {"visitormetadata": {"agent__role": "admin"}}
    return properties
