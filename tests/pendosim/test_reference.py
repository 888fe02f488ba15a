"""The tables of docs/pendosim-aggregation.md against the code."""

import re
from pathlib import Path

import pytest

from pendosim.aggregation import aggregators, sources, stages
from pendosim.aggregation.pipeline import FIRST_STAGES, NESTING_STAGES, STAGES_MAX, WORLD_STAGES
from pendosim.effort import ROWS_MADE_MAX, SECONDS_MAX
from pendosim.expressions.functions import FUNCTIONS

PAGE = Path(__file__).parents[2] / "docs" / "pendosim-aggregation.md"
BUILT = {
    "Sources": set(sources.SOURCES),
    "Operators": {*stages.STAGES, *NESTING_STAGES, *WORLD_STAGES, *FIRST_STAGES},
    "Aggregators": set(aggregators.AGGREGATORS),
    "Functions": set(FUNCTIONS),
}
NOT_BUILT = {
    "Sources": sources.NOT_BUILT,
    "Operators": stages.STAGES_NOT_BUILT,
    "Aggregators": aggregators.NOT_BUILT,
}


def section(title):
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(f"\n## {title}\n")
    return rest.partition("\n## ")[0]


@pytest.mark.parametrize("title", BUILT)
def test_the_first_column_names_what_is_built_and_nothing_else(title):
    cells = re.findall(r"^\| (`.*?) \|", section(title), flags=re.MULTILINE)
    named = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(named) == sorted(BUILT[title])


@pytest.mark.parametrize("title", NOT_BUILT)
def test_what_is_not_built_is_named(title):
    _, _, sentence = section(title).partition("Not built: ")
    assert NOT_BUILT[title] <= set(re.findall(r"`(\w+)`", sentence))
    assert not NOT_BUILT[title] & BUILT[title]


def test_the_limits_are_those_of_the_code():
    text = section("Limits")
    for limit in (f"{SECONDS_MAX} seconds", f"{STAGES_MAX} stages", f"{ROWS_MADE_MAX:,} rows"):
        assert limit in text
