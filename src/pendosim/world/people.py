"""Who there is: visitors and accounts, by place in arrays. The first visitor is the busiest."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pendosim.expressions.functions import ANONYMOUS_PREFIX
from pendosim.options import Options
from pendosim.world.ids import ODD_ACCOUNT_IDS, ODD_VISITOR_IDS, object_id, random_of
from pendosim.world.words import (
    BROWSERS,
    COMPANY_KINDS,
    COMPANY_WORDS,
    FIRST_NAMES,
    LAST_NAMES,
    NOWHERE,
    PLACE_SHARES,
    PLACES,
    Place,
)

ANONYMOUS_SHARE = 0.12
DO_NOT_PROCESS_SHARE = 0.005
# An odd id stands at every third place from the second, so that odd visitors are busy ones.
ODD_FIRST, ODD_STEP = 1, 3
_NEVER_PROCESSED = 9
_NO_ACCOUNT_SHARE = 0.05
_SECOND_ACCOUNT_SHARE = 0.03
_IPS_MAX = 4096

Places = NDArray[np.int64]


@dataclass(frozen=True)
class People:
    visitor_ids: list[str]
    account_ids: list[str]
    account: Places
    """Of each visitor; -1 for none."""
    second_account: Places
    do_not_process: NDArray[np.bool_]
    anonymous: NDArray[np.bool_]
    browser: Places
    ip: Places
    ips: list[str]
    """Each ip belongs to the place `words.PLACES[place_of_ip(ip)]`."""

    def accounts_of(self, visitor: int) -> list[str]:
        found = (int(self.account[visitor]), int(self.second_account[visitor]))
        return [self.account_ids[place] for place in found if place >= 0]


def made_people(options: Options) -> People:
    random = random_of(options.seed, "people")
    count = options.visitors
    anonymous = random.random(count) < ANONYMOUS_SHARE
    account = _account_places(random, count, options.accounts)
    account[anonymous] = -1
    second = _account_places(random, count, options.accounts)
    second[(random.random(count) >= _SECOND_ACCOUNT_SHARE) | (account < 0) | (second == account)] = -1
    odd = _odd_places(count) if options.odd_ids else []
    anonymous[odd] = False
    anonymous[_some_place(count) :][:1] = False
    do_not_process = (random.random(count) < DO_NOT_PROCESS_SHARE) & ~anonymous
    do_not_process[odd] = False
    do_not_process[_some_place(count) :][:1] = True
    ips = _ips(min(_IPS_MAX, max(1, count)))
    return People(
        visitor_ids=_visitor_ids(random, anonymous, account, odd),
        account_ids=_account_ids(options),
        account=account,
        second_account=second,
        do_not_process=do_not_process & ~anonymous,
        anonymous=anonymous,
        browser=random.zipf(1.6, count).astype(np.int64) % len(BROWSERS),
        ip=random.integers(0, len(ips), count),
        ips=ips,
    )


def _account_places(random: np.random.Generator, count: int, accounts: int) -> Places:
    if not accounts:
        return np.full(count, -1, dtype=np.int64)
    places = np.floor(accounts * random.random(count) ** 2.5).astype(np.int64)
    places[random.random(count) < _NO_ACCOUNT_SHARE] = -1
    return places


def _odd_places(count: int) -> list[int]:
    return list(range(ODD_FIRST, count, ODD_STEP))[: len(ODD_VISITOR_IDS)]


def _some_place(count: int) -> int:
    """One visitor that is never processed, in every world of a certain size, and never an odd one."""
    return _NEVER_PROCESSED if count > _NEVER_PROCESSED + 1 else count


def _visitor_ids(
    random: np.random.Generator, anonymous: NDArray[np.bool_], account: Places, odd: list[int]
) -> list[str]:
    count = len(anonymous)
    numbers = random.integers(0, 2**62, count).tolist()
    names = zip(numbers, anonymous.tolist(), account.tolist(), strict=True)
    ids = [
        _visitor_id(place, number, of, anonymous=is_anonymous) for place, (number, is_anonymous, of) in enumerate(names)
    ]
    for place, strange in zip(odd, ODD_VISITOR_IDS, strict=False):
        ids[place] = strange
    return ids


def _visitor_id(place: int, number: int, account: int, *, anonymous: bool) -> str:
    if anonymous:
        return f"{ANONYMOUS_PREFIX}{number:016x}"[:20] + f"{place:x}"
    if number % 10 == 0:
        return f"{number % 10**6:06d}{place}"
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[number // 31 % len(LAST_NAMES)]
    return f"{first}.{last}{place}@c{max(account, 0)}.example.com"


def _account_ids(options: Options) -> list[str]:
    ids = [_account_id(place, options.seed) for place in range(options.accounts)]
    if options.odd_ids:
        for place, strange in zip(range(1, options.accounts, 2), ODD_ACCOUNT_IDS, strict=False):
            ids[place] = strange
    return ids


def _account_id(place: int, seed: int) -> str:
    if place % 4 == 0:
        return object_id("account", seed, place)[:18]
    return f"{account_name(place).lower().replace(' ', '-')}-{place}"


def account_name(place: int) -> str:
    return f"{COMPANY_WORDS[place % len(COMPANY_WORDS)]} {COMPANY_KINDS[place // 7 % len(COMPANY_KINDS)]}"


def _ips(count: int) -> list[str]:
    """Addresses of the networks kept for documentation."""
    networks = ("192.0.2", "198.51.100", "203.0.113")
    found = [f"{networks[place % 3]}.{place // 3 % 254 + 1}" for place in range(min(count, 3 * 254))]
    return found + [f"2001:db8::{place:x}" for place in range(len(found), count)]


_PLACE_OF = [place for place, share in enumerate(PLACE_SHARES) for _ in range(share)]
# Prime to their number, so that neighbouring addresses are far apart.
_STRIDE = 17


def place_of(ip: int, address: str) -> Place:
    """Where the address is that stands at this place among all; nowhere without one."""
    return PLACES[place_of_ip(ip)] if address else NOWHERE


def place_of_ip(ip: int) -> int:
    return _PLACE_OF[ip * _STRIDE % len(_PLACE_OF)]
