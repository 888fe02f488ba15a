"""Single events, as arrays: who did what when. Rows of every event source are counted up from these."""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from pendosim.options import Options
from pendosim.periods import Calendar
from pendosim.world.definitions import FEATURES_PER_APP, HOUR_MS, PAGES_PER_APP
from pendosim.world.ids import random_of
from pendosim.world.people import People
from pendosim.world.words import BROWSERS, TRACK_NAMES

PAGE, FEATURE, TRACK, OTHER = range(4)
ITEM_KINDS = {"pageId": PAGE, "featureId": FEATURE, "trackTypeId": TRACK}
_KIND_SHARES = (0.52, 0.30, 0.08, 0.10)
_PER_APP = {PAGE: PAGES_PER_APP, FEATURE: FEATURES_PER_APP, TRACK: len(TRACK_NAMES)}
PARAMETERS = 20
PROPERTIES = 12
_EVENTS_PER_SESSION = 3.2
_DEFAULT_APP_SHARE = 0.7
_SESSION_MS = 20 * 60_000
_SECOND_DEVICE_SHARE = 0.12
# Share of a day's events by local hour, and of a week's by day (Monday first): office hours.
_HOURS = np.array(
    [1, 1, 1, 1, 1, 2, 4, 10, 22, 30, 32, 28, 20, 26, 30, 29, 26, 20, 10, 6, 5, 4, 3, 2], dtype=np.float64
)
_WEEKDAYS = (1.3, 1.35, 1.35, 1.3, 1.2, 0.25, 0.25)

Places = NDArray[np.int64]
NO_SESSION = -1


@dataclass(frozen=True)
class Activity:
    """One entry for each event, in order of time. Every number but `time` is a place in some pool."""

    time: Places
    visitor: Places
    account: Places
    app: Places
    kind: Places
    item: Places
    """In the list of pages, features or track types, by kind; -1 for events that match nothing tagged."""
    browser: Places
    ip: Places
    session: Places
    """NO_SESSION for what a server sent."""
    parameter: Places
    """0 is none."""
    properties: Places
    """0 is none."""

    def __len__(self) -> int:
        return len(self.time)

    def where(self, chosen: NDArray[np.bool_] | Places) -> "Activity":
        return Activity(**{column.name: getattr(self, column.name)[chosen] for column in fields(self)})

    def joined(self, other: "Activity") -> "Activity":
        """Both, in order of time; `other` later where times are equal."""
        both = {
            column.name: np.concatenate((getattr(self, column.name), getattr(other, column.name)))
            for column in fields(self)
        }
        return Activity(**both).where(np.argsort(both["time"], kind="stable"))


def empty_activity() -> Activity:
    nothing = np.zeros(0, dtype=np.int64)
    return Activity(**dict.fromkeys((column.name for column in fields(Activity)), nothing))


def made_activity(options: Options, people: People, calendar: Calendar, now: int) -> Activity:
    """Up to and including `now`, from local midnight `days` days before today."""
    processed = np.flatnonzero(~people.do_not_process)
    if not len(processed) or not options.events_per_day:
        return empty_activity()
    random = random_of(options.seed, "activity")
    session_start, session_app = _sessions(random, options, calendar, now)
    visitor = processed[_power_law(random, len(session_start), len(processed))]
    made = _events(random, people, session_start, session_app, visitor)
    made = made.where(made.time <= now)
    made = made.where(np.argsort(made.time, kind="stable"))
    if options.one_timestamp:
        return replace(made, time=np.full(len(made), shared_instant(calendar, now), dtype=np.int64))
    return _some_at_one_instant(made, options.same_instant, calendar, now) if options.same_instant else made


def _power_law(random: np.random.Generator, count: int, among: int) -> Places:
    """Places in a list ordered by popularity."""
    return np.minimum((among * random.random(count) ** 2.2).astype(np.int64), among - 1)


def _sessions(random: np.random.Generator, options: Options, calendar: Calendar, now: int) -> tuple[Places, Places]:
    """Start and application of every session."""
    today = calendar.floor("day", now)
    found = []
    for back in range(options.days, -1, -1):
        start = calendar.add("day", today, -back)
        weekday = calendar.local(start).weekday()
        count = round(options.events_per_day * _WEEKDAYS[weekday] / _EVENTS_PER_SESSION)
        hours = random.choice(24, size=max(count, 1), p=_HOURS / _HOURS.sum())
        # An hour that this day does not have (a 23-hour day) falls into its last one.
        last = (calendar.add("day", start, 1) - start) // HOUR_MS - 1
        found.append(start + np.minimum(hours, last) * HOUR_MS + random.integers(0, HOUR_MS, len(hours)))
    starts = np.concatenate(found).astype(np.int64)
    apps = np.where(random.random(len(starts)) < _DEFAULT_APP_SHARE, 0, random.integers(0, options.apps, len(starts)))
    return starts, apps.astype(np.int64)


def _events(random: np.random.Generator, people: People, start: Places, app: Places, visitor: Places) -> Activity:
    count = round(len(start) * _EVENTS_PER_SESSION)
    session = np.concatenate((np.arange(len(start)), random.integers(0, len(start), count - len(start))))
    session.sort()
    of = visitor[session]
    kind = random.choice(4, size=count, p=_KIND_SHARES).astype(np.int64)
    second_device = (random.random(len(start)) < _SECOND_DEVICE_SHARE)[session]
    second_account = random.integers(0, 2, len(start)).astype(np.bool_)[session] & (people.second_account[of] >= 0)
    parameter = 1 + _power_law(random, count, PARAMETERS - 1)
    properties = 1 + random.integers(0, PROPERTIES - 1, count)
    return Activity(
        time=start[session] + (random.random(count) ** 2 * _SESSION_MS).astype(np.int64),
        visitor=of,
        account=np.where(second_account, people.second_account[of], people.account[of]),
        app=app[session],
        kind=kind,
        item=_items(random, kind, app[session]),
        browser=(people.browser[of] + second_device) % len(BROWSERS),
        ip=(people.ip[of] + 11 * second_device) % len(people.ips),
        session=session,
        parameter=np.where(kind == PAGE, parameter, 0),
        properties=np.where(kind == TRACK, properties, 0),
    )


def _items(random: np.random.Generator, kind: Places, app: Places) -> Places:
    items = np.full(len(kind), -1, dtype=np.int64)
    for of, per_app in _PER_APP.items():
        chosen = kind == of
        items[chosen] = app[chosen] * per_app + _power_law(random, int(chosen.sum()), per_app)
    return items


def shared_instant(calendar: Calendar, now: int) -> int:
    """In the last second of yesterday, so that in its day and hour nothing is later."""
    return calendar.floor("day", now) - 1000


def _some_at_one_instant(activity: Activity, visitors: int, calendar: Calendar, now: int) -> Activity:
    """Move the last event of some of yesterday's visitors."""
    instant = shared_instant(calendar, now)
    yesterday = calendar.floor("day", instant)
    places = np.flatnonzero((activity.time >= yesterday) & (activity.time <= instant))[::-1]
    lasts = places[np.unique(activity.visitor[places], return_index=True)[1]]
    time = activity.time.copy()
    time[np.sort(lasts)[-visitors:]] = instant
    moved = replace(activity, time=time)
    return moved.where(np.argsort(time, kind="stable"))
