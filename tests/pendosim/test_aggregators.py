"""What group and reduce compute: sequences, bitmaps, counts of expressions; refusals."""

import pytest

from pendosim import Options, SettableClock
from pendosim.aggregation.bitmaps import bitmap_of, count_of, union_of
from pendosim.aggregation.pipeline import pipeline_of
from pendosim.errors import Refused
from pendosim.world.world import World

NOW = 1710171000000
HOUR = 3_600_000
WORLD = World(Options(visitors=30, accounts=5, days=2, events_per_day=40), SettableClock(NOW))
EVENTS = [
    {"t": 3, "type": "ui:guideAdvanced", "n": 1},
    {"t": 1, "type": "ui:guideSeen", "n": None},
    {"t": 2, "type": "ui:guideActivity", "n": 3},
    {"t": 4, "type": "ui:guideSeen", "n": 3},
]


def reduced(aggregator, rows=EVENTS):
    stages = [{"source": {"const": rows}}, {"reduce": {"out": aggregator}}]
    (row,) = pipeline_of(stages, WORLD, WORLD.environment()).rows()
    return row["out"]


def test_a_sequence_begins_anew_wherever_its_expression_is_true():
    runs = reduced({"sequence": {"new": "eventSubType(type) == `guideSeen`", "sort": ["t"]}})
    assert [[row["t"] for row in run] for run in runs] == [[1, 2, 3], [4]]
    assert reduced({"sequence": {"new": "true", "sort": ["-t"]}}, []) == []


def test_a_sequence_holds_what_comes_before_its_first_beginning():
    runs = reduced({"sequence": {"new": "t == 3", "sort": ["t"]}})
    assert [[row["t"] for row in run] for run in runs] == [[1, 2], [3, 4]]


def test_active_days_are_counted_in_the_time_zone_of_the_subscription():
    # 23:30 and 00:30 in New York, and twice the same day.
    times = [{"t": 1709785800000}, {"t": 1709789400000}, {"t": 1709789400000 + HOUR}, {"t": None}, {}]
    bitmap = reduced({"daysActiveCreate": "t"}, times)
    assert reduced({"daysActiveCount": "b"}, [{"b": bitmap}]) == 2


def test_bitmaps_are_joined_and_counted():
    first, second = bitmap_of([5, 6, 90]), bitmap_of([1, 6])
    rows = [{"b": first}, {"b": second}, {"b": None}, {"b": "no bitmap"}, {}]
    for unit in ("days", "minutes"):
        assert reduced({f"{unit}ActiveUnion": "b"}, rows) == bitmap_of([1, 5, 6, 90])
        assert reduced({f"{unit}ActiveCount": "b"}, rows) == 4
        assert reduced({f"{unit}ActiveUnion": "b"}, []) is None
        assert reduced({f"{unit}ActiveCount": "b"}, []) == 0


def test_a_bitmap_that_nobody_made_is_none():
    for text in ("", ".", "1.", "1.0x", "fffffffff.1", "1." + "f" * 200_000, 5, [1]):
        assert union_of([text]) is None
        assert count_of(text) == 0
    assert bitmap_of([]) is None


@pytest.mark.parametrize(
    ("aggregator", "wanted"),
    [
        ({"count": "if(n == 3, t, null)"}, 2),
        ({"count": "if(n == 3, n, null)"}, 1),
        ({"count": ["n", "type"]}, 4),
        ({"countIf": {"count": "n", "if": "t > 1"}}, 2),
        ({"sum": "n * 2"}, 14),
        ({"listAverage": "list(n, t)"}, 17 / 7),
        ({"var": "n"}, 8 / 9),
        ({"stddev": "t"}, 1.25**0.5),
        ({"median": "t"}, 2.5),
        ({"percentiles": {"field": "t", "p50": 50, "max": 100}}, {"p50": 3, "max": 4}),
        ({"concat": "list(t)"}, [3, 1, 2, 4]),
        ({"sum": "missing"}, 0),
        ({"avg": "missing"}, None),
        ({"median": "missing"}, None),
        ({"min": "missing"}, None),
        ({"max": "missing"}, None),
        ({"first": "missing"}, None),
    ],
)
def test_aggregators_take_expressions_and_leave_null_out(aggregator, wanted):
    found = reduced(aggregator)
    assert found == (pytest.approx(wanted) if isinstance(wanted, float) else wanted)


def test_sums_too_large_for_a_double_are_null_and_large_ones_doubles():
    assert reduced({"sum": "n"}, [{"n": 1e308}] * 20) is None
    assert reduced({"sum": "n"}, [{"n": 2**62}] * 4) == 2.0**64


@pytest.mark.parametrize(
    ("aggregator", "said"),
    [
        ({"path": {"pageId": "x"}}, "aggregator path is not built"),
        ({"inactivityPeriods": {}}, "aggregator inactivityPeriods is not built"),
        ({"daysActiveCount": {"field": "b", "window": 30}}, "daysActiveCount with windows is not built"),
        ({"sequence": {"new": "a"}}, "sequence wants an object"),
        ({"sequence": {"new": "a", "sort": "t"}}, "sequence sort is a list"),
        ({"sum": "a b"}, "Cannot parse sum expression"),
        ({"count": "a b"}, "Cannot parse count expression"),
        ({"count": []}, "count wants null"),
        ({"percentiles": {"field": "n", "x": 101}}, "percentiles are numbers"),
        ({"countIf": {"count": "n"}}, "countIf wants"),
        ({"sum": "n", "avg": "n"}, "exactly one aggregator"),
    ],
)
def test_an_aggregator_that_makes_no_sense_is_refused(aggregator, said):
    with pytest.raises(Refused, match=said):
        reduced(aggregator)
