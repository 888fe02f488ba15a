"""The groups of metadata that only some visitors have, each made from a visitor's own random numbers."""

from collections.abc import Sequence

import numpy as np

from pendosim.pieces import Chosen, Numbers, Piece, Taken, json_text
from pendosim.values import plain_number
from pendosim.world.activity import Places
from pendosim.world.definitions import DAY_MS, App
from pendosim.world.ids import auto_group
from pendosim.world.people import People, place_of_ip
from pendosim.world.words import FIRST_NAMES, LAST_NAMES, PLACES, PLAN_SHARES, PLANS, ROLE_SHARES, ROLES, TEAMS

_LEGACY_CODES = 9999


def agent_pieces(people: People, order: Places, numbers: Places) -> list[Piece]:
    """Make what the snippet of the installation sends."""
    names, of_name = _names(numbers)
    made = [f"{name.replace(' ', '.').lower()}@example.com" for name in names]
    known = [json_text(name) if "@" in name else "" for name in people.visitor_ids]
    has_address = np.array([bool(name) for name in known], dtype=np.bool_)[order]
    languages = [f',"language":{json_text(PLACES[place_of_ip(ip)].language)}' for ip in range(len(people.ips))]
    silent = numbers[:, 3] % 5 == 0
    return [
        ',"agent":{"email":',
        Chosen(has_address, [Taken(known, order)], ""),
        Chosen(~has_address, [Taken([json_text(address) for address in made], of_name)], ""),
        Taken([f',"fullname":{json_text(name)}' for name in names], of_name),
        Taken([*languages, ',"language":null'], np.where(silent, -1, people.ip[order])),
        Taken([f',"role":{json_text(role)}' for role in ROLES], shares(numbers[:, 5], ROLE_SHARES)),
        Taken([',"isadmin":false', ',"isadmin":true'], (numbers[:, 5] % 7 == 0).astype(np.int64)),
        ',"seats":',
        Numbers(numbers[:, 6] % 500),
        Taken([f',"score":{json_text(plain_number(score / 100))}' for score in range(10_000)], numbers[:, 6] % 10_000),
        _teams(numbers[:, 7]),
        Taken([f',"ipaddress":{json_text(ip)}}}' for ip in people.ips], people.ip[order]),
    ]


def _names(numbers: Places) -> tuple[list[str], Places]:
    """Every name there can be, and whose is which."""
    names = [f"{first} {last}".title() for first in FIRST_NAMES for last in LAST_NAMES]
    return names, numbers[:, 3] % len(FIRST_NAMES) * len(LAST_NAMES) + numbers[:, 4] % len(LAST_NAMES)


def _teams(numbers: Places) -> Taken:
    """None, one or two."""
    lists = [[one, other][:count] for one in TEAMS for other in TEAMS for count in range(3)]
    places = (numbers % len(TEAMS) * len(TEAMS) + numbers // 7 % len(TEAMS)) * 3 + numbers % 3
    return Taken([f',"teams":{json_text(teams)}' for teams in lists], places)


def shares(numbers: Places, of_hundred: Sequence[int]) -> Places:
    """Spread numbers over words in these shares."""
    return np.searchsorted(np.cumsum(of_hundred), numbers // 7 % 100, side="right").astype(np.int64)


def custom_pieces(numbers: Places, first_visit: Places) -> list[Piece]:
    """Make what somebody wrote by API; each visitor has some of it."""
    # 0 is Pendo's way to say never.
    renewal = np.where(numbers[:, 4] % 4 == 0, 0, first_visit + numbers[:, 4] % 1000 * DAY_MS)
    quarters = numbers[:, 5] % 1_000_000
    revenue: list[Piece] = [
        ',"arr":',
        Numbers(quarters // 4),
        Taken(["", ".25", ".5", ".75"], quarters % 4),
        ',"nps":',
        Numbers(numbers[:, 6] % 11),
    ]
    return [
        Taken([f',"custom":{{"plan":{json_text(plan)}' for plan in PLANS], shares(numbers[:, 2], PLAN_SHARES)),
        Taken([',"trial":false', ',"trial":true'], (numbers[:, 3] % 3 == 0).astype(np.int64)),
        ',"renewal":',
        Numbers(renewal),
        Chosen(numbers[:, 5] % 2 == 1, revenue, ""),
        Taken([*(f',"tags":["tag{tag}","beta"]' for tag in range(40)), ""], _some(numbers[:, 7] % 40, numbers, 6, 3)),
        _legacy_code(numbers[:, 7]),
        "}",
    ]


def _some(places: Places, numbers: Places, column: int, one_in: int) -> Places:
    return np.where(numbers[:, column] % one_in == 0, places, -1)


def _legacy_code(numbers: Places) -> Taken:
    """Not in the metadata schema, and of two types: a client must not lose it."""
    texts = [f',"legacycode":"L-{code}"' for code in range(_LEGACY_CODES)]
    plain = [f',"legacycode":{code}' for code in range(_LEGACY_CODES)]
    places = numbers % _LEGACY_CODES + np.where(numbers % 40 == 0, _LEGACY_CODES, 0)
    return Taken([*texts, *plain, ""], np.where(numbers % 20 == 0, places, -1))


def rare_pieces(numbers: Places, apps: tuple[App, ...], first: Places, last: Places) -> list[Piece]:
    others = [f',"{auto_group(app.id)}"' for app in apps[1:]]
    salesforce: list[Piece] = [',"salesforce":{"contactid":"003', *_twelve_digits(numbers[:, 2]), '","score":']
    salesforce += [Numbers(numbers[:, 3] % 100), "}"]
    found: list[Piece] = [
        Chosen(numbers[:, 1] % 9 == 0, salesforce, ""),
        Taken([',"pendo":{"blacklistguides":true}', ""], np.where(numbers[:, 1] % 200 == 1, 0, -1)),
    ]
    if others:
        named = Taken(others, numbers[:, 1] // 4 % len(others))
        found.insert(0, Chosen(numbers[:, 1] % 4 == 0, per_app_pieces(named, first, last), ""))
    return found


def _twelve_digits(numbers: Places) -> list[Piece]:
    """With zeros in front; the numbers have ten digits at most."""
    return [Taken(["0" * zeros for zeros in range(12)], 12 - _digits(numbers)), Numbers(numbers)]


def _digits(numbers: Places) -> Places:
    return np.searchsorted(10 ** np.arange(1, 12), numbers, side="right").astype(np.int64) + 1


def per_app_pieces(named: Taken, first: Places, last: Places) -> list[Piece]:
    return [named, ':{"firstvisit":', Numbers(first), ',"lastvisit":', Numbers(last), "}"]
