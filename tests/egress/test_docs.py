"""docs/egress.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pendant.egress import body, exchange, inflate, line, retry, verdict
from pendant.model import scrub
from pendant.model.http import Request

PAGE = (Path(__file__).parents[2] / "docs" / "egress.md").read_text(encoding="utf-8")
REQUEST = Request("GET", "/")
SOURCES = list((Path(__file__).parents[2] / "src/pendant/egress").glob("*.py"))


@pytest.mark.parametrize(
    "sentence",
    [
        f"| {', '.join(str(status) for status in sorted(REQUEST.retry_statuses))} | tries again |",
        f"Up to {REQUEST.attempts_max} attempts.",
        f"begin at {retry.BACKOFF_FIRST_SECONDS:.0f} s and double up to {retry.BACKOFF_MAX_SECONDS:.0f} s",
        f"honoured up to {retry.RETRY_AFTER_MAX_SECONDS:.0f} s",
        f"| reaching the other system | {exchange.CONNECT_SECONDS_MAX:.0f} s |",
        f"| silence on the connection | {REQUEST.timeout_seconds:.0f} s |",
        f"not counted | {REQUEST.total_seconds:.0f} s |",
        f"decompressed | {body.ANSWER_BYTES_MAX >> 20} MB |",
        f"at most {inflate.RATIO_MAX} times the size once {inflate.RATIO_FROM_BYTES >> 20} MB are reached",
        f"| {line.HEADERS_MAX}, each up to {line.HEADER_LINE_BYTES_MAX} bytes |",
        f"for {scrub.GRACE_SECONDS:.0f} s afterwards",
        scrub.MARK,
    ],
)
def test_the_page_states_the_limits_of_the_code(sentence):
    assert sentence in PAGE


def test_the_page_lists_every_code_that_can_appear():
    codes = set()
    for path in SOURCES:
        codes |= set(
            re.findall(
                r'"([a-z]+(?:_[a-z]+)*_(?:refused|there|limited|trouble|resolved|failed|broken|large|invalid))"',
                path.read_text(),
            )
        )
    codes |= {"unreachable"}
    assert codes - {"token_invalid", "method_invalid"} == set(re.findall(r"`([a-z_]+)`", PAGE.partition("## Codes")[2]))


def test_what_is_tried_again_is_what_the_table_says():
    again = {v.code for v in vars(verdict).values() if isinstance(v, verdict.Verdict) and v.retriable}
    assert again == {"unreachable", "connection_broken", "name_not_resolved", "answer_broken"}
    assert [
        v
        for v in vars(verdict).values()
        if isinstance(v, verdict.Verdict) and v.retriable and v.code == "answer_broken"
    ] == [verdict.CUT]
