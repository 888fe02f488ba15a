"""docs/destinations.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest

from pendant.connectors.destinations import open_destination
from pendant.model.export import Export
from pendant.transform.query import Sql

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "destinations.md").read_text(encoding="utf-8")
COLUMNS = pa.schema(
    [(name, pa.string()) for name in ("visitorId", "agent_email", "agent_name", "properties", "remoteIp")]
    + [("numEvents", pa.int64())]
)
CODES = sorted(set(re.findall(r"`((?:target|folder|column|disk|sql|unknown)_[a-z_]+)`", PAGE)))
SELECTIONS = re.findall(r'--select "([^"]+)"', PAGE) + re.findall(r"`(regexp_replace.+?)`", PAGE)


def test_the_page_names_codes_and_selections() -> None:
    assert len(CODES) > 10
    assert len(SELECTIONS) == 4


@pytest.mark.parametrize("code", CODES)
def test_every_code_on_the_page_is_one_the_product_raises(code: str) -> None:
    sources = [*(ROOT / "src/pendant/connectors").rglob("*.py"), *(ROOT / "src/pendant/transform").rglob("*.py")]
    assert any(f'"{code}"' in source.read_text(encoding="utf-8") for source in sources)


@pytest.mark.parametrize("select", SELECTIONS)
def test_every_selection_on_the_page_works(select: str) -> None:
    assert Sql(COLUMNS, select=select).schema.names


def test_the_hint_about_formulas_makes_them_texts() -> None:
    selection = next(select for select in SELECTIONS if "regexp_replace" in select)
    batch = pa.RecordBatch.from_pylist([{"agent_name": "=1+1"}, {"agent_name": "Ann"}], schema=COLUMNS)
    (found,) = Sql(COLUMNS, select=selection).apply(iter([batch]))
    assert found["agent_name"].to_pylist() == ["'=1+1", "Ann"]


@pytest.mark.parametrize("target", re.findall(r"`(out\.[a-z.#]+)`", PAGE))
def test_every_target_on_the_page_can_be_opened(target: str) -> None:
    assert open_destination(Export("visitors", "prod", target), run_id="r", may_replace=False)
