"""Rows of the visitors source: every group and type of metadata, and everything that is missing sometimes."""

from collections.abc import Sequence

import numpy as np

from pendosim.options import Options
from pendosim.periods import Calendar
from pendosim.pieces import Chosen, Numbers, Piece, Taken, joined, json_text
from pendosim.tables import Column, Table, string_column
from pendosim.world.activity import Activity, Places, shared_instant
from pendosim.world.definitions import DAY_MS, App
from pendosim.world.ids import DEFAULT_APP_ID, auto_group, id_hash, random_of
from pendosim.world.people import People
from pendosim.world.visitor_fields import agent_pieces, custom_pieces, per_app_pieces, rare_pieces
from pendosim.world.words import BROWSERS

NEVER = 0
_RANDOMS = 8
_NEVER_SHARE = 0.03
_LAG_MS = 900_000
_LONG_AGO_MS = 1_600_000_000_000


def visitor_table(options: Options, people: People, activity: Activity, apps: tuple[App, ...], now: int) -> Table:
    last = last_visits(options, people, activity, now)
    updated = _updated_at_one_instant(options, people, last, shared_instant(Calendar(options.timezone), now))
    count = len(people.visitor_ids)
    order = _order(options, count)
    numbers = random_of(options.seed, "visitor rows").integers(0, 2**31, (count, _RANDOMS))[order]
    first, updated = _times(options, numbers, last[order], updated[order])
    pieces: list[Piece] = [
        Taken([f'{{"visitorId":{json_text(name)},"metadata":' for name in people.visitor_ids], order),
        Chosen(
            ~people.do_not_process[order],
            [
                *_auto_pieces(people, order, (first, last[order], updated), apps[0].server),
                *_identified_pieces(people, order, numbers, first),
                *rare_pieces(numbers, apps, first, last[order]),
            ],
            '{"pendo":{"donotprocess":true}',
        ),
        "}},",
    ]
    return Table(joined(pieces, count).cast("large_binary"), {"visitorId": lambda: _ids(people, order)})


def given_visitors(options: Options, people: People, encoded: Sequence[bytes]) -> Table:
    """Rows in the order of `people`, served in the order that made ones have."""
    order = _order(options, len(encoded))
    return Table.of_encoded([encoded[place] for place in order.tolist()], {"visitorId": lambda: _ids(people, order)})


def _ids(people: People, order: Places) -> Column:
    return string_column(order, people.visitor_ids)


def _order(options: Options, count: int) -> Places:
    return random_of(options.seed, "visitor order").permutation(count)


def last_visits(options: Options, people: People, activity: Activity, now: int) -> Places:
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


def _updated_at_one_instant(options: Options, people: People, last: Places, instant: int) -> Places:
    """Choose those whose metadata somebody wrote all at once; 0 for the others."""
    updated = np.zeros(len(last), dtype=np.int64)
    able = np.flatnonzero(~people.do_not_process & (last != NEVER) & (last <= instant))
    updated[able[: options.same_instant]] = instant
    return updated


def _times(options: Options, numbers: Places, last: Places, updated: Places) -> tuple[Places, Places]:
    """First visit and last update."""
    came = last != NEVER
    first = np.where(came, last - numbers[:, 0] % (400 * DAY_MS), NEVER)
    lag = 0 if options.one_timestamp else numbers[:, 2] % _LAG_MS
    usual = np.where(came, last + lag, _LONG_AGO_MS + numbers[:, 0] * 40)
    return first, np.where(updated > 0, updated, usual)


def _auto_pieces(people: People, order: Places, times: tuple[Places, Places, Places], server: str) -> list[Piece]:
    first, last, updated = times
    ids = [f'{{"auto":{{"id":{json_text(name)},"idhash":{id_hash(name)},"nid":0' for name in people.visitor_ids]
    accounts = [json_text(name) for name in people.account_ids]
    own, second = people.account[order], people.second_account[order]
    browsers = [
        f',"lastbrowsername":{json_text(of.name)},"lastbrowserversion":{json_text(of.version)}'
        f',"lastoperatingsystem":{json_text(of.system)},"lastservername":{json_text(server)}'
        f',"lastuseragent":{json_text(of.user_agent)}}}'
        for of in BROWSERS
    ]
    return [
        Taken(ids, order),
        Taken([f',"accountid":{name}' for name in (*accounts, '""')], own),
        Taken([f',"accountids":[{name}' for name in (*accounts, "")], own),
        Taken([*(f",{name}]" for name in accounts), "]"], second),
        ',"createdat":',
        Numbers(np.where(first != NEVER, first, updated)),
        ',"firstvisit":',
        Numbers(first),
        ',"lastvisit":',
        Numbers(last),
        ',"lastupdated":',
        Numbers(updated),
        Taken(browsers, people.browser[order]),
        *per_app_pieces(Taken([f',"{auto_group(DEFAULT_APP_ID)}"'], np.zeros_like(order)), first, last),
    ]


def _identified_pieces(people: People, order: Places, numbers: Places, first: Places) -> list[Piece]:
    identified = ~people.anonymous[order]
    agent = agent_pieces(people, order, numbers)
    custom = custom_pieces(numbers, first)
    return [Chosen(identified, agent, ""), Chosen(identified & (numbers[:, 1] % 10 > 0), custom, "")]
