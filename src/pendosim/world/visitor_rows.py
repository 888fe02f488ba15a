"""Rows of the visitors source: every group and type of metadata, and everything that is missing sometimes."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pendosim.options import Options
from pendosim.tables import Table, string_column
from pendosim.values import Row, plain_number
from pendosim.world.activity import Activity
from pendosim.world.definitions import DAY_MS, App
from pendosim.world.ids import DEFAULT_APP_ID, id_hash, random_of
from pendosim.world.people import People, place_of_ip
from pendosim.world.words import BROWSERS, FIRST_NAMES, LAST_NAMES, PLACES, PLANS, ROLES, TEAMS

NEVER = 0
_RANDOMS = 8
_NEVER_SHARE = 0.03
_LAG_MS = 900_000


def visitor_table(options: Options, people: People, activity: Activity, apps: tuple[App, ...], now: int) -> Table:
    count = len(people.visitor_ids)
    order = _order(options, count)
    last = last_visits(options, people, activity, now)
    rows = _rows(options, people, last, order, apps)
    return Table.of_rows(rows, {"visitorId": lambda: string_column(order, people.visitor_ids)})


def given_visitors(options: Options, people: People, encoded: Sequence[bytes]) -> Table:
    """Rows in the order of `people`, served in the order that made ones have."""
    order = _order(options, len(encoded))
    rows = [encoded[place] for place in order.tolist()]
    return Table.of_encoded(rows, {"visitorId": lambda: string_column(order, people.visitor_ids)})


def _order(options: Options, count: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return random_of(options.seed, "visitor order").permutation(count)


def last_visits(options: Options, people: People, activity: Activity, now: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Find the last event; some time before all events for who has none, 0 for who never came."""
    random = random_of(options.seed, "last visits")
    count = len(people.visitor_ids)
    begin = now - (options.days + 1) * DAY_MS
    last = begin - random.integers(0, 300 * DAY_MS, count)
    last[random.random(count) < _NEVER_SHARE] = NEVER
    if len(activity):
        seen = np.zeros(count, dtype=np.int64)
        known = activity.visitor < count
        np.maximum.at(seen, activity.visitor[known], activity.time[known])
        last = np.where(seen > 0, seen, last)
    if options.one_timestamp and len(activity):
        last[:] = activity.time[0]
    return last


def _rows(
    options: Options,
    people: People,
    last: np.ndarray[Any, np.dtype[np.int64]],
    order: np.ndarray[Any, np.dtype[np.int64]],
    apps: tuple[App, ...],
) -> Iterator[Row]:
    numbers = random_of(options.seed, "visitor rows").integers(0, 2**31, (len(last), _RANDOMS)).tolist()
    lasts, browsers, ips = last.tolist(), people.browser.tolist(), people.ip.tolist()
    skipped, anonymous = people.do_not_process.tolist(), people.anonymous.tolist()
    for place in order.tolist():
        name = people.visitor_ids[place]
        if skipped[place]:
            yield {"visitorId": name, "metadata": {"pendo": {"donotprocess": True}}}
            continue
        random = numbers[place]
        times = _times(random, lasts[place], options)
        metadata = {
            "auto": _auto(name, people.accounts_of(place), times, browsers[place], apps[0].server),
            "auto__323232": {"firstvisit": times[0], "lastvisit": times[1]},
        }
        if not anonymous[place]:
            metadata["agent"] = _agent(name, random, people.ips[ips[place]], place_of_ip(ips[place]))
            if random[1] % 10:
                metadata["custom"] = _custom(random, times[0])
        _rare_groups(metadata, random, apps, times)
        yield {"visitorId": name, "metadata": metadata}


def _times(random: list[int], last: int, options: Options) -> tuple[int, int, int]:
    """First visit, last visit, last updated."""
    if last == NEVER:
        return NEVER, NEVER, 1_600_000_000_000 + random[0] * 40
    first = last - random[0] % (400 * DAY_MS)
    return first, last, last if options.one_timestamp else last + random[2] % _LAG_MS


def _auto(name: str, accounts: list[str], times: tuple[int, int, int], browser: int, server: str) -> Row:
    of = BROWSERS[browser]
    return {
        "id": name,
        "idhash": id_hash(name),
        "nid": 0,
        "accountid": accounts[0] if accounts else "",
        "accountids": accounts,
        "createdat": times[0] or times[2],
        "firstvisit": times[0],
        "lastvisit": times[1],
        "lastupdated": times[2],
        "lastbrowsername": of.name,
        "lastbrowserversion": of.version,
        "lastoperatingsystem": of.system,
        "lastservername": server,
        "lastuseragent": of.user_agent,
    }


def _agent(name: str, random: list[int], ip: str, place: int) -> Row:
    first, last = FIRST_NAMES[random[3] % len(FIRST_NAMES)], LAST_NAMES[random[4] % len(LAST_NAMES)]
    agent: Row = {
        "email": name if "@" in name else f"{first}.{last}@example.com",
        "fullname": f"{first} {last}".title(),
        "language": PLACES[place].language,
        "role": ROLES[random[5] % len(ROLES)],
        "isadmin": random[5] % 7 == 0,
        "seats": random[6] % 500,
        "score": plain_number(random[6] % 10_000 / 100),
        "teams": [TEAMS[random[7] % len(TEAMS)], TEAMS[random[7] // 7 % len(TEAMS)]][: random[7] % 3],
        "ipaddress": ip,
    }
    if random[3] % 5 == 0:
        agent["language"] = None
    return agent


def _custom(random: list[int], first_visit: int) -> Row:
    custom: Row = {"plan": PLANS[random[2] % len(PLANS)], "trial": random[3] % 3 == 0}
    # 0 is Pendo's way to say never.
    custom["renewal"] = NEVER if random[4] % 4 == 0 else first_visit + random[4] % 1000 * DAY_MS
    if random[5] % 2:
        custom["arr"] = plain_number(random[5] % 1_000_000 / 4)
        custom["nps"] = random[6] % 11
    if random[6] % 3 == 0:
        custom["tags"] = [f"tag{random[7] % 40}", "beta"]
    if random[7] % 20 == 0:
        # Not in the metadata schema: a client must not lose it.
        custom["legacycode"] = f"L-{random[7] % 9999}" if random[7] % 40 else random[7] % 9999
    return custom


def _rare_groups(metadata: Row, random: list[int], apps: tuple[App, ...], times: tuple[int, int, int]) -> None:
    if len(apps) > 1 and random[1] % 4 == 0:
        app = apps[1 + random[1] // 4 % (len(apps) - 1)]
        metadata[auto_group(app.id)] = {"firstvisit": times[0], "lastvisit": times[1]}
    if random[1] % 9 == 0:
        metadata["salesforce"] = {"contactid": f"003{random[2]:012d}", "score": random[3] % 100}
    if random[1] % 200 == 1:
        metadata["pendo"] = {"blacklistguides": True}


def auto_group(app_id: int) -> str:
    return "auto_" + str(app_id).replace("-", "_")


assert auto_group(DEFAULT_APP_ID) == "auto__323232"
