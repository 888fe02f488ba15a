"""Reading a subscription from a directory. Whatever is wrong is refused with file, line and reason."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from pendosim.expressions.functions import ANONYMOUS_PREFIX
from pendosim.periods import Calendar
from pendosim.saved.events import EventReader
from pendosim.saved.files import BadFile, Read, read_lines, read_whole
from pendosim.saved.shapes import (
    OBJECTS,
    AccountLine,
    AppLine,
    GuideEventLine,
    PollEventLine,
    Subscription,
    VisitorLine,
)
from pendosim.values import Row, from_json, to_json
from pendosim.world.definitions import App
from pendosim.world.given import Given
from pendosim.world.ids import DEFAULT_APP_ID
from pendosim.world.people import People
from pendosim.world.pools import made_pools
from pendosim.world.words import BROWSERS

_AGENT_PLACES = {browser.user_agent: place for place, browser in enumerate(BROWSERS)}


def loaded(directory: Path) -> tuple[Subscription, Given]:
    """Raise BadFile."""
    of = read_whole(directory / "subscription.json", Subscription)
    _check(directory / "subscription.json", of)
    apps = _apps(directory / "apps.jsonl")
    objects = {name: _objects(directory / f"{name}.jsonl", shape, apps) for name, shape in OBJECTS.items()}
    visitors, accounts = _Visitors(of.ips), _Accounts()
    _read_all(directory / "accounts.jsonl", AccountLine, accounts.add)
    _read_all(directory / "visitors.jsonl", VisitorLine, visitors.add)
    people = _people(visitors, accounts)
    known = made_pools(people, apps, objects["pages"], objects["features"], objects["track_types"])
    activity, pools = EventReader(known).read(directory / "events.jsonl")
    return of, Given(
        made_at=of.made_at,
        apps=apps,
        objects=objects,
        people=people,
        visitors=visitors.rows,
        accounts=accounts.rows,
        activity=activity,
        pools=pools,
        guide_events=_interactions(directory / "guide_events.jsonl", GuideEventLine, apps),
        poll_events=_interactions(directory / "poll_events.jsonl", PollEventLine, apps),
    )


def _check(path: Path, of: Subscription) -> None:
    if len(set(of.ips)) < len(of.ips) or not of.ips:
        raise BadFile(path, "ips holds each address once, and at least one")
    try:
        Calendar(of.timezone)
    except ValueError as bad:
        raise BadFile(path, str(bad)) from bad


def _read_all(path: Path, shape: type[Read], add: Callable[[Read, Row], None]) -> None:
    for number, line, read in read_lines(path, shape):
        try:
            add(read, from_json(line))
        except ValueError as bad:
            raise BadFile(path, str(bad), number) from bad


class _Unique:
    def __init__(self, of: str) -> None:
        self._of = of
        self.known: dict[Any, int] = {}

    def add(self, name: Any) -> None:
        if name in self.known:
            raise ValueError(f"{self._of} {str(name)[:60]!r} was there before")
        self.known[name] = len(self.known)


def _apps(path: Path) -> tuple[App, ...]:
    ids, apps = _Unique("id"), []

    def add(line: AppLine, _row: Row) -> None:
        ids.add(line.id)
        apps.append(App(line.id, line.name, line.platform, line.server))

    _read_all(path, AppLine, add)
    if not apps or apps[0].id != DEFAULT_APP_ID:
        raise BadFile(path, f"the first line is the default application, with the id {DEFAULT_APP_ID}", 1)
    return tuple(apps)


def _objects(path: Path, shape: type[Any], apps: Iterable[App]) -> list[Row]:
    ids, rows, known = _Unique("id"), [], {app.id for app in apps}

    def add(line: Any, row: Row) -> None:
        ids.add(line.id)
        _check_app(getattr(line, "app_id", DEFAULT_APP_ID), known)
        rows.append(row)

    _read_all(path, shape, add)
    return rows


def _interactions(path: Path, shape: type[Any], apps: Iterable[App]) -> list[bytes]:
    rows, known = [], {app.id for app in apps}

    def add(line: Any, row: Row) -> None:
        _check_app(line.app_id, known)
        rows.append(to_json(row))

    _read_all(path, shape, add)
    return rows


def _check_app(app: int, known: set[int]) -> None:
    if app not in known:
        raise ValueError(f"appId {app} is not in apps.jsonl")


class _Accounts:
    def __init__(self) -> None:
        self.ids = _Unique("accountId")
        self.rows: list[bytes] = []

    def add(self, line: AccountLine, row: Row) -> None:
        self.ids.add(line.account_id)
        self.rows.append(to_json(row))


class _Visitors:
    """Rows, and what the rest of the world asks of each visitor."""

    def __init__(self, ips: list[str]) -> None:
        self.ids = _Unique("visitorId")
        self.ips = ips
        self.rows: list[bytes] = []
        self.accounts: list[list[str]] = []
        self.skipped: list[bool] = []
        self.browsers: list[int] = []
        self.ip_places: list[int] = []
        self._ip_places = {ip: place for place, ip in enumerate(ips)}

    def add(self, line: VisitorLine, row: Row) -> None:
        auto, agent = line.metadata.get("auto", {}), line.metadata.get("agent", {})
        accounts = auto.get("accountids") or []
        if not isinstance(accounts, list) or not all(isinstance(one, str) for one in accounts):
            raise ValueError("metadata.auto.accountids is a list of account ids")
        self.ids.add(line.visitor_id)
        self.rows.append(to_json(row))
        self.accounts.append(accounts)
        self.skipped.append(line.metadata.get("pendo", {}).get("donotprocess") is True)
        self.browsers.append(_AGENT_PLACES.get(str(auto.get("lastuseragent")), 0))
        self.ip_places.append(self._ip_places.get(str(agent.get("ipaddress")), 0))


def _people(visitors: _Visitors, accounts: _Accounts) -> People:
    places = accounts.ids.known
    first = [places.get(of[0], -1) if of else -1 for of in visitors.accounts]
    second = [places.get(of[1], -1) if len(of) > 1 else -1 for of in visitors.accounts]
    ids = list(visitors.ids.known)
    return People(
        visitor_ids=ids,
        account_ids=list(places),
        account=np.array(first, dtype=np.int64),
        second_account=np.array(second, dtype=np.int64),
        do_not_process=np.array(visitors.skipped, dtype=np.bool_),
        anonymous=np.array([name.startswith(ANONYMOUS_PREFIX) for name in ids], dtype=np.bool_),
        browser=np.array(visitors.browsers, dtype=np.int64),
        ip=np.array(visitors.ip_places, dtype=np.int64),
        ips=visitors.ips,
    )
