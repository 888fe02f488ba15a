"""How answers are framed: one set or one for each period, JSON or CSV, and the clock that runs meanwhile."""

import csv
import io
import json
import time
from dataclasses import replace

import pytest

from pendosim import Options, SettableClock
from pendosim.aggregation.answer import answered
from pendosim.aggregation.pipeline import pipeline_of
from pendosim.effort import Effort
from pendosim.errors import Refused
from pendosim.world.world import World

ALL = {"appId": 'expandAppIds("*")'}
WORLD = World(Options(visitors=50, accounts=8, days=40, events_per_day=60, seed=2), SettableClock(1710171000000))


def pieces(*stages, as_csv=False, effort=None):
    environment = WORLD.environment() if effort is None else replace(WORLD.environment(), effort=effort)
    return answered(pipeline_of(list(stages), WORLD, environment), as_csv=as_csv)


def body(*stages, as_csv=False):
    return b"".join(piece.data for piece in pieces(*stages, as_csv=as_csv))


def events(period, count, first="now()"):
    return {"source": {"events": ALL, "timeSeries": {"period": period, "first": first, "count": count}}}


def constants(*rows):
    return {"source": {"const": list(rows)}}


@pytest.mark.parametrize(
    ("period", "unit", "count"),
    [("hourly", "hour", 24), ("daily", "day", 7), ("weekly", "week", 3), ("monthly", "month", 1)],
)
def test_each_period_is_a_run_of_its_own_with_its_own_results(period, unit, count):
    each = json.loads(body(events(period, -count)))
    ranged = json.loads(body(events(f"{unit}Range", -count)))
    assert len(each) == count
    assert all(list(one) == ["startTime", "results"] for one in each)
    assert each[0]["startTime"] == ranged["startTime"]
    assert all(row[unit] == one["startTime"] for one in each for row in one["results"])
    assert sorted(map(json.dumps, (row for one in each for row in one["results"]))) == sorted(
        map(json.dumps, ranged["results"])
    )


def test_a_period_in_which_nothing_happened_has_empty_results():
    far = events("daily", 2, first="date(2023,1,1)")
    assert json.loads(body(far)) == [
        {"startTime": 1672549200000, "results": []},
        {"startTime": 1672635600000, "results": []},
    ]
    counted = json.loads(body(far, {"count": None}))
    assert [one["results"] for one in counted] == [[{"count": 0}]] * 2


def test_every_period_groups_and_limits_by_itself():
    each = json.loads(body(events("daily", -7), {"sort": ["-numEvents"]}, {"limit": 2}))
    assert [len(one["results"]) for one in each] == [2] * 7


def test_more_than_two_thousand_periods_are_refused():
    with pytest.raises(Refused, match="2001 periods"):
        body(events("hourly", -2001))


def test_csv_quotes_as_rfc_4180_says():
    rows = [{"a": 'say "hi"', "b": "x,y"}, {"a": "two\nlines", "c": None}, {"b": "", "c": " blank"}]
    text = body(constants(*rows), as_csv=True).decode()
    assert text == 'a,b,c\r\n"say ""hi""","x,y",\r\n"two\nlines",,\r\n,, blank\r\n'


def test_csv_writes_numbers_truths_and_nested_values_as_json():
    row = {"n": 1.5, "i": 3, "t": True, "l": [1, "x"], "o": {"k": {"d": None}}, "e": 1e30}
    (found,) = csv.DictReader(io.StringIO(body(constants(row), as_csv=True).decode(), newline=""))
    assert {name: json.loads(text) for name, text in found.items()} == row
    assert found["o"] == '{"k":{"d":null}}'


def test_csv_columns_stand_in_the_order_they_are_first_seen():
    text = body(constants({"b": 1}, {"a": 2, "b": 3}, {"c": 4}), as_csv=True).decode()
    assert text.splitlines()[0] == "b,a,c"


def test_csv_of_nothing_is_nothing_and_of_an_iterative_period_refused():
    assert body(constants(), as_csv=True) == b""
    with pytest.raises(Refused, match="iterative period"):
        body(events("daily", -2), as_csv=True)


def test_csv_of_many_rows_is_whole():
    rows = list(csv.DictReader(io.StringIO(body(events("dayRange", -40), as_csv=True).decode(), newline="")))
    assert len(rows) == len(json.loads(body(events("dayRange", -40)))["results"])


def test_numbers_without_a_fraction_have_no_decimal_point():
    text = body(constants({"a": 4}), {"select": {"b": "a / 2", "c": "a / 3", "d": "a * 1.5", "e": "-a", "f": "1e20"}})
    assert text == b'{"results":[{"b":2,"c":1.3333333333333333,"d":6,"e":-4,"f":1e20}]}'


def test_the_time_a_client_takes_to_read_does_not_count():
    reading = pieces(constants({"a": 1}), effort=Effort(seconds=1))
    first = next(reading)
    time.sleep(1.1)
    assert bytes(first.data) + b"".join(piece.data for piece in reading) == b'{"results":[{"a":1}]}'


def test_the_time_an_answer_takes_does():
    effort = Effort(seconds=0.05)
    time.sleep(0.06)
    with pytest.raises(Refused) as refused:
        list(pieces(constants({"a": 1}), effort=effort))
    assert (refused.value.status, refused.value.sentence) == (408, "")
