"""One simulated subscription. Parts are made when first asked for, and kept."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from pendosim.clock import Clock
from pendosim.effort import Effort
from pendosim.expressions.functions import Environment
from pendosim.options import Options
from pendosim.periods import Calendar
from pendosim.tables import Table
from pendosim.values import Row
from pendosim.world.account_rows import account_table, given_accounts
from pendosim.world.activity import Activity, made_activity
from pendosim.world.agentic_rows import AgenticEvent
from pendosim.world.bucket_rows import BUCKET_SOURCES, Pools, bucket_table
from pendosim.world.conversations import Conversation
from pendosim.world.definitions import DAY_MS, Definitions, Tagging, made_apps, made_definitions
from pendosim.world.feedback import Feedback
from pendosim.world.given import Given
from pendosim.world.guide_changes import GuideChanges
from pendosim.world.guide_rows import Interactions
from pendosim.world.guides import made_guides
from pendosim.world.live import EventStream, SentEvent
from pendosim.world.member_exports import MemberExports
from pendosim.world.novelties import with_novelties
from pendosim.world.part import Part
from pendosim.world.people import People, made_people
from pendosim.world.pools import made_pools
from pendosim.world.reports import made_reports
from pendosim.world.segments import Memberships, made_segments
from pendosim.world.single_rows import history_rows
from pendosim.world.state import Beginning, State
from pendosim.world.translations import Translations
from pendosim.world.visitor_rows import given_visitors, last_visits, visitor_table

TOO_OLD_MS = 7 * DAY_MS


class _Kept(NamedTuple):
    version: int
    """Of the state it was made from."""
    table: Table


class World:
    def __init__(self, options: Options, clock: Clock, given: Given | None = None) -> None:
        """Make everything that is not given."""
        self.options = options
        self.clock = clock
        self.lags = options.lags()
        self.calendar = Calendar(options.timezone)
        self._given = given
        self.made_at = clock.now() if given is None else given.made_at
        self.apps = made_apps(options.apps, options.seed) if given is None else given.apps
        self.app_places = {app.id: place for place, app in enumerate(self.apps)}
        # Requests run on several threads; whoever comes first makes a part, the others wait for it.
        self._making = threading.RLock()
        self._kept: dict[str, _Kept] = {}
        self.rotated: dict[str, int] = {}
        """When the credentials of each storage of Data Sync were last changed."""

    def environment(self) -> Environment:
        effort = Effort(self.options.aggregation_seconds, self.options.aggregation_bytes)
        return Environment(self.clock.now(), self.calendar, self._definitions.app_ids(), effort)

    def due(self, lag: str) -> int:
        """When something written now shows, by one of the fields of Lags."""
        return self.lags.due(lag, self.clock.now())

    @contextmanager
    def present(self) -> Iterator[State]:
        """Everything as it is now, for as long as nobody else looks or writes."""
        with self._making:
            self._state.settle()
            yield self._state

    @Part
    def _state(self) -> State:
        beginning = Beginning(
            app_ids=self._definitions.app_ids(),
            visitors=lambda: self._visitors,
            accounts=lambda: self._accounts,
            stream=lambda: self._stream,
            skipped=lambda: self._never_processed,
        )
        return State(beginning, self.clock, self.lags)

    @property
    def definitions(self) -> Definitions:
        with self.present():
            return self._definitions

    @Part
    def _definitions(self) -> Definitions:
        if self._given is not None:
            of = self._given.objects
            return Definitions(self.apps, of["pages"], of["features"], of["track_types"])
        made = made_definitions(self.apps, self.options.seed, self.made_at)
        made.pages = with_novelties(made.pages, self.options)
        made.features = with_novelties(made.features, self.options)
        made.track_types = with_novelties(made.track_types, self.options)
        return made

    @Part
    def guides(self) -> list[Row]:
        if self._given is not None:
            return self._given.objects["guides"]
        made = made_guides(self.apps, self.options.seed, self.made_at, self._definitions.features, self.segments)
        return with_novelties(made, self.options)

    @Part
    def segments(self) -> list[Row]:
        if self._given is not None:
            return self._given.objects["segments"]
        return with_novelties(made_segments(self.apps[0], self.options.seed, self.made_at), self.options)

    @Part
    def reports(self) -> list[Row]:
        if self._given is not None:
            return self._given.objects["reports"]
        return with_novelties(made_reports(self.apps[0], self.options.seed, self.made_at), self.options)

    @Part
    def memberships(self) -> Memberships:
        return Memberships(self.segments, self.clock, self.options.seed, self._segment_due)

    @Part
    def member_exports(self) -> MemberExports:
        return MemberExports(self.clock, self.options.seed, self._segment_due)

    def _segment_due(self) -> int:
        return self.due("segment_delay")

    @Part
    def guide_changes(self) -> GuideChanges:
        return GuideChanges(self.guides, self.clock)

    @Part
    def translations(self) -> Translations:
        return Translations(self.guide_changes)

    @Part
    def feedback(self) -> Feedback:
        return Feedback(self.clock, self.options.seed)

    @Part
    def people(self) -> People:
        return made_people(self.options) if self._given is None else self._given.people

    @Part
    def activity(self) -> Activity:
        if self._given is not None:
            return self._given.activity
        return made_activity(self.options, self.people, self.calendar, self.made_at)

    @Part
    def _visitors(self) -> Table:
        if self._given is not None:
            return given_visitors(self.options, self.people, self._given.visitors)
        return visitor_table(self.options, self.people, self.activity, self.apps, self.made_at)

    @Part
    def _accounts(self) -> Table:
        if self._given is not None:
            return given_accounts(self.options, self._given.accounts)
        last = last_visits(self.options, self.people, self.activity, self.made_at)
        return account_table(self.options, self.people, last)

    @Part
    def _interactions(self) -> Interactions:
        return Interactions(self.activity, self.people, self.apps, self.guides, self.options.seed)

    @Part
    def _guide_events(self) -> Table:
        return self._interactions.guide_events() if self._given is None else Table.of_encoded(self._given.guide_events)

    @Part
    def _poll_events(self) -> Table:
        return self._interactions.poll_events() if self._given is None else Table.of_encoded(self._given.poll_events)

    def guide_events(self) -> Table:
        return self._without_erased("guideEvents", lambda: self._guide_events)

    def poll_events(self) -> Table:
        return self._without_erased("pollEvents", lambda: self._poll_events)

    def _without_erased(self, source: str, made: Callable[[], Table]) -> Table:
        with self.present() as state:
            if not state.erased:
                return made()
            kept = self._kept.get(source)
            if kept is None or kept.version != state.erased:
                kept = self._kept[source] = _Kept(state.erased, _without(made(), state.erased_ids))
            return kept.table

    def visitors(self) -> Table:
        """As aggregation sees them."""
        with self.present() as state:
            return state.entities["visitor"].table()

    def accounts(self) -> Table:
        with self.present() as state:
            return state.entities["account"].table()

    def ids(self, kind: str) -> list[str]:
        """Every visitor or account that aggregation sees."""
        with self.present() as state:
            made = self.people.visitor_ids if kind == "visitor" else self.people.account_ids
            view = state.entities[kind].shown
            return [name for name in made if name not in view.gone or name in view.rows] + state.entities[kind].added()

    def never_processed(self, kind: str) -> list[str]:
        with self.present() as state:
            return sorted(state.skipped[kind])

    def buckets(self, source: str, unit: str) -> Table:
        """All rows of `events`, `pageEvents`, `featureEvents` or `trackEvents` for one granularity."""
        with self.present() as state:
            version = state.stream.version
            kept = self._kept.get(f"{source} by {unit}")
            if kept is None or kept.version != version:
                activity, pools = state.stream.current()
                made = bucket_table(BUCKET_SOURCES[source], unit, activity, pools, self.calendar)
                kept = self._kept[f"{source} by {unit}"] = _Kept(version, made)
            return kept.table

    def events(self) -> tuple[Activity, Pools]:
        """Every single event so far, those sent by track included."""
        with self.present() as state:
            return state.stream.current()

    def conversations(self) -> list[AgenticEvent]:
        """Conversation events that were sent."""
        with self.present() as state:
            return list(state.conversations)

    def is_erased(self, row: Row) -> bool:
        """Say whether the visitor or account of a made-up row has been erased."""
        erased = self._state.erased_ids
        return row.get("visitorId") in erased["visitor"] or row.get("accountId") in erased["account"]

    def history(self, visitor_id: str, start: int) -> Iterator[Row]:
        """One visitor's events of the 24 hours from `start`."""
        activity, pools = self.events()
        inside = (activity.time >= start) & (activity.time < start + DAY_MS)
        inside &= np.isin(
            activity.visitor, [place for place, name in enumerate(pools.visitor_ids) if name == visitor_id]
        )
        return history_rows(activity, pools, np.flatnonzero(inside))

    def receive(self, event: SentEvent | Conversation) -> None:
        """Take an event in, to show after a while; drop one that is too old or never processed without a word.

        One from the future shows when its time has come. Waits for nobody, so that an event costs next to nothing.
        """
        now = self.clock.now()
        if now - TOO_OLD_MS <= event.time and self._state.is_processed(event.visitor_id, event.account_id):
            self._state.receive(event, max(event.time, self.lags.due("ingest_lag", now)))

    def add_events(self, events: Sequence[SentEvent], at: int | None = None) -> None:
        """Let late events, of whatever age, show from a moment on; now unless given."""
        for event in events:
            self._state.receive(event, self.clock.now() if at is None else at)

    def restate(self, since: int, until: int, events: int, at: int | None = None) -> None:
        """Let a window hold so many events more (or fewer) from a moment on; now unless given."""
        self._state.restate(since, until, events, self.clock.now() if at is None else at)

    @Part
    def _never_processed(self) -> set[str]:
        skipped = np.flatnonzero(self.people.do_not_process).tolist()
        return {self.people.visitor_ids[place] for place in skipped}

    @Part
    def _stream(self) -> EventStream:
        tagging = Tagging(self.options.seed, self.made_at)
        return EventStream(lambda: self.activity, self.pools(), self.apps, tagging, self._definitions.track_types)

    def pools(self) -> Pools:
        if self._given is not None:
            return self._given.pools
        of = self._definitions
        return made_pools(self.people, self.apps, of.pages, of.features, of.track_types)


def _without(table: Table, erased: Mapping[str, set[str]]) -> Table:
    gone = set()
    for kind, names in erased.items():
        column = table.column((f"{kind}Id",))
        if column is not None:
            gone |= {place for place, name in enumerate(column.values()) if name in names}
    return table.patched({}, [], sorted(gone))
