"""Rows of the accounts source."""

from collections.abc import Iterator, Sequence

import numpy as np

from pendosim.options import Options
from pendosim.tables import Table
from pendosim.values import Row
from pendosim.world.definitions import DAY_MS
from pendosim.world.ids import id_hash, random_of
from pendosim.world.people import People, account_name
from pendosim.world.visitor_rows import NEVER
from pendosim.world.words import INDUSTRIES, PLANS

_NOT_UPDATED_EVERY = 40


def account_table(options: Options, people: People, visitor_last: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Table:
    count = len(people.account_ids)
    last = np.zeros(count, dtype=np.int64)
    chosen = people.account >= 0
    if count and len(people.account):
        np.maximum.at(last, people.account[chosen], visitor_last[chosen])
    return Table.of_rows(_rows(options, people, last.tolist(), _order(options, count)))


def given_accounts(options: Options, encoded: Sequence[bytes]) -> Table:
    return Table.of_encoded([encoded[place] for place in _order(options, len(encoded))])


def _order(options: Options, count: int) -> list[int]:
    order: list[int] = random_of(options.seed, "account order").permutation(count).tolist()
    return order


def _rows(options: Options, people: People, last: list[int], order: list[int]) -> Iterator[Row]:
    numbers = random_of(options.seed, "account rows").integers(0, 2**31, (len(last), 4)).tolist()
    for place in order:
        yield {
            "accountId": people.account_ids[place],
            "metadata": _metadata(options, people, place, last, numbers),
        }


def _metadata(options: Options, people: People, place: int, last: list[int], numbers: list[list[int]]) -> Row:
    name, random = people.account_ids[place], numbers[place]
    first = last[place] - random[0] % (500 * DAY_MS) if last[place] else NEVER
    auto: Row = {"id": name, "idhash": id_hash(name), "nid": 0, "firstvisit": first, "lastvisit": last[place]}
    # Pendo leaves lastupdated out on some rows.
    if place % _NOT_UPDATED_EVERY != _NOT_UPDATED_EVERY - 1:
        auto["lastupdated"] = last[place] + (0 if options.one_timestamp else random[1] % 900_000)
    metadata: Row = {
        "auto": auto,
        "auto__323232": {"firstvisit": first, "lastvisit": last[place]},
        "agent": {"name": account_name(place), "industry": INDUSTRIES[random[2] % len(INDUSTRIES)]},
        "custom": {"plan": PLANS[random[2] % len(PLANS)], "seats": random[3] % 1000, "renewaldate": NEVER},
    }
    if place % 3 == 0:
        metadata["salesforce"] = {"account_id_pendo__c": f"001{random[3]:012d}"}
    return metadata
